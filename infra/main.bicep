// Everything one deployment consists of, in one resource group. Names come from the environment's name, so that running it again
// changes what is there and makes nothing twice. Who may do what is in modules/roles.bicep and nowhere else.
targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the azd environment; part of every name.')
param environmentName string

@minLength(1)
@description('Region of every resource that has one.')
@metadata({
  azd: {
    type: 'location'
  }
})
param location string

@minLength(1)
@description('Whom access tokens are issued for: the application (client) id of the API registered in Entra ID.')
param tokenAudience string

@description('Address that mailed links begin with. Empty: the address of the function app.')
param publicUrl string = ''

@description('Sender of every mail, on a domain of the mail service. Empty: DoNotReply on the domain that Azure manages.')
param mailFrom string = ''

@description('Where a recipient can ask for help; part of every mail. Empty: mails name nobody.')
param mailHelp string = ''
@description('Anything, once the secret webhook-key stands in the vault: then partners can be called by webhooks.')
param webhooks string = ''

@description('Name of the certificate in the vault whose key seals what is signed online. Empty: nothing is signed online. See docs/deploy.md.')
param sealCertificateName string = ''

@description('Where the mail service keeps its data at rest, for instance Europe or United States.')
param mailDataLocation string

@description('How many mails a minute one worker hands over: the quota of the mail service, 30 for a new one.')
param mailsPerMinute string

@description('Application (client) id that logs in to the mail service by SMTP. Empty: mail goes by its own interface, as the app.')
param smtpApplicationId string = ''

@minValue(1)
@maxValue(146000)
@description('Days for which an uploaded proof can be neither changed nor deleted.')
param proofRetentionDays int

@minValue(1)
@description('Gigabytes a month that are scanned for malware; above it uploads are not scanned and so never count as clean.')
param scanCapGBPerMonth int

@description('NCRONTAB schedule on which deadlines and lost messages are looked for.')
param outboxSchedule string

@description('NCRONTAB schedule, in UTC, of the nightly evaluation.')
param nightlySchedule string

@description('NCRONTAB schedule, in UTC, on which reviewers are mailed what waits: once a day, however often it fires.')
param digestSchedule string

@description('Mail addresses of reviewers, with commas between them. Empty: nobody is mailed what waits.')
param reviewersMail string = ''

var abbreviations = loadJsonContent('./abbreviations.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
}
var appName = '${abbreviations.webSitesFunctions}${token}'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: '${abbreviations.resourcesResourceGroups}${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    appIdentityName: '${abbreviations.managedIdentityUserAssignedIdentities}app-${token}'
    eventsIdentityName: '${abbreviations.managedIdentityUserAssignedIdentities}events-${token}'
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: '${abbreviations.storageStorageAccounts}${token}'
    location: location
    tags: tags
    proofRetentionDays: proofRetentionDays
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: '${abbreviations.keyVaultVaults}${token}'
    location: location
    tags: tags
  }
}

module mail 'modules/mail.bicep' = {
  name: 'mail'
  scope: group
  params: {
    serviceName: '${abbreviations.communicationCommunicationServices}${token}'
    emailName: '${abbreviations.communicationEmailServices}${token}'
    dataLocation: mailDataLocation
    smtpApplicationId: smtpApplicationId
    tags: tags
  }
}

module telemetry 'modules/telemetry.bicep' = {
  name: 'telemetry'
  scope: group
  params: {
    workspaceName: '${abbreviations.operationalInsightsWorkspaces}${token}'
    insightsName: '${abbreviations.insightsComponents}${token}'
    location: location
    tags: tags
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    insightsName: telemetry.outputs.insightsName
    mailServiceName: mail.outputs.serviceName
    appPrincipalId: identity.outputs.appPrincipalId
    eventsPrincipalId: identity.outputs.eventsPrincipalId
  }
}

// After the roles: Event Grid tries the queue, as the identity, when a subscription is made.
module events 'modules/events.bicep' = {
  name: 'events'
  scope: group
  dependsOn: [
    roles
  ]
  params: {
    mailTopicName: '${abbreviations.eventGridSystemTopics}mail-${token}'
    scanTopicName: '${abbreviations.eventGridTopics}scan-${token}'
    storageTopicName: '${abbreviations.eventGridSystemTopics}storage-${token}'
    location: location
    tags: tags
    mailServiceName: mail.outputs.serviceName
    storageName: storage.outputs.name
    identityId: identity.outputs.eventsId
  }
}

module scanning 'modules/scanning.bicep' = {
  name: 'scanning'
  scope: group
  params: {
    storageName: storage.outputs.name
    topicId: events.outputs.scanTopicId
    capGBPerMonth: scanCapGBPerMonth
  }
}

// After the roles: the app reads its package, its queues and its secrets as the identity from its first start.
module app 'modules/app.bicep' = {
  name: 'app'
  scope: group
  dependsOn: [
    roles
  ]
  params: {
    name: appName
    planName: '${abbreviations.webServerFarms}${token}'
    location: location
    tags: tags
    identityId: identity.outputs.appId
    identityClientId: identity.outputs.appClientId
    storageName: storage.outputs.name
    insightsName: telemetry.outputs.insightsName
    vaultUri: vault.outputs.uri
    publicUrl: empty(publicUrl) ? 'https://${appName}.azurewebsites.net' : publicUrl
    tokenAudience: tokenAudience
    mailFrom: empty(mailFrom) ? 'DoNotReply@${mail.outputs.senderDomain}' : mailFrom
    mailHelp: mailHelp
    mailEndpoint: mail.outputs.endpoint
    mailsPerMinute: mailsPerMinute
    sealCertificateName: sealCertificateName
    webhooks: webhooks
    smtpUsername: mail.outputs.smtpUsername
    outboxSchedule: outboxSchedule
    nightlySchedule: nightlySchedule
    digestSchedule: digestSchedule
    reviewersMail: reviewersMail
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_API_NAME string = appName
output SERVICE_API_URI string = 'https://${appName}.azurewebsites.net'
output AZURE_STORAGE_ACCOUNT_NAME string = storage.outputs.name
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
output AZURE_COMMUNICATION_SERVICE_NAME string = mail.outputs.serviceName
