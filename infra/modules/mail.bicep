// Communication Services with a domain that Azure manages, which sends at once but in small numbers; a company's own domain is
// verified by hand (docs/deploy.md). Mail resources have no region: only where their data rests can be chosen.
param serviceName string
param emailName string
param dataLocation string
param smtpApplicationId string
param tags object

resource email 'Microsoft.Communication/emailServices@2025-09-01' = {
  name: emailName
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
  }
}

// Engagement tracking would put a picture and rewritten links into mails that promise neither.
resource domain 'Microsoft.Communication/emailServices/domains@2025-09-01' = {
  parent: email
  name: 'AzureManagedDomain'
  location: 'global'
  tags: tags
  properties: {
    domainManagement: 'AzureManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource service 'Microsoft.Communication/communicationServices@2025-09-01' = {
  name: serviceName
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
    disableLocalAuth: true
    linkedDomains: [
      domain.id
    ]
  }
}

// SMTP logs in as an application of Entra ID, whose secret is the password:
// https://learn.microsoft.com/azure/communication-services/quickstarts/email/send-email-smtp/smtp-authentication
resource smtpUsername 'Microsoft.Communication/communicationServices/smtpUsernames@2025-09-01' = if (!empty(smtpApplicationId)) {
  parent: service
  name: 'partner-of-record'
  properties: {
    username: 'partner-of-record'
    entraApplicationId: smtpApplicationId
    tenantId: tenant().tenantId
  }
}

output serviceName string = service.name
output endpoint string = 'https://${service.properties.hostName}'
output senderDomain string = domain.properties.mailFromSenderDomain
output smtpUsername string = empty(smtpApplicationId) ? '' : 'partner-of-record'
