// The function app on Flex Consumption, and every setting it starts with; docs/settings.md says what each means.
param name string
param planName string
param location string
param tags object
param identityId string
param identityClientId string
param storageName string
param insightsName string
param vaultUri string
param publicUrl string
param tokenAudience string
param mailFrom string
param mailHelp string
param mailEndpoint string
param mailsPerMinute string
param sealCertificateName string
param smtpUsername string
param webhooks string
param outboxSchedule string
param nightlySchedule string
param digestSchedule string
param reviewersMail string

var authority = '${environment().authentication.loginEndpoint}${tenant().tenantId}'

// By the service's own interface, as the identity, unless a login for SMTP was made; without one there is no secret, and a reference
// to a secret that nobody has stored would itself be taken for the password.
var mailSettings = empty(smtpUsername) ? {
  CPOR_MAIL_ENDPOINT: mailEndpoint
} : {
  CPOR_MAIL_SMTP_HOST: 'smtp.azurecomm.net'
  CPOR_MAIL_SMTP_PORT: '587'
  CPOR_MAIL_SMTP_USERNAME: smtpUsername
  CPOR_MAIL_SMTP_PASSWORD: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/smtp-password/)'
}
var helpSettings = empty(mailHelp) ? {} : {
  CPOR_MAIL_HELP: mailHelp
}
var reviewersSettings = empty(reviewersMail) ? {} : {
  CPOR_REVIEWERS_MAIL: reviewersMail
}
var sealSettings = empty(sealCertificateName) ? {} : {
  CPOR_SEAL_CERTIFICATE_URL: '${vaultUri}certificates/${sealCertificateName}'
}
// The same: without the key that an operator stores once, portals read events and nobody is called.
var webhookSettings = empty(webhooks) ? {} : {
  CPOR_WEBHOOK_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/webhook-key/)'
}
var appSettings = {
  // The host and its triggers: the account by name, as the user-assigned identity.
  AzureWebJobsStorage__accountName: storage.name
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  // 64 MiB: a little above the largest body that the app takes. An instance's 16 requests together leave half of its memory.
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '67108864'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // Which of its identities the app's own clients use; without it DefaultAzureCredential looks for a system-assigned one.
  AZURE_CLIENT_ID: identityClientId
  CPOR_ENVIRONMENT: 'production'
  CPOR_STORAGE: storage.name
  CPOR_PUBLIC_URL: publicUrl
  CPOR_TOKEN_ISSUER: '${authority}/v2.0'
  CPOR_TOKEN_AUDIENCE: tokenAudience
  CPOR_TOKEN_JWKS_URL: '${authority}/discovery/v2.0/keys'
  CPOR_CURSOR_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/cursor-key/)'
  CPOR_TENANT_DIRECTORY: environment().authentication.loginEndpoint
  CPOR_MAIL_FROM: mailFrom
  CPOR_SCANNER: 'defender'
  CPOR_MAIL_PER_MINUTE: mailsPerMinute
  CPOR_TELEMETRY: 'azure'
  CPOR_SCHEDULE_OUTBOX: outboxSchedule
  CPOR_SCHEDULE_NIGHTLY: nightlySchedule
  CPOR_SCHEDULE_DIGEST: digestSchedule
}

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  // checkov:skip=CKV_AZURE_225: redundancy over zones on this plan means instances that are always paid for; queues and tables keep what a lost zone interrupts
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  // checkov:skip=CKV_AZURE_222: customers and partners come from the open internet
  // checkov:skip=CKV_AZURE_17: partners present tokens and customers mailed links, nobody has a client certificate
  // checkov:skip=CKV_AZURE_212: the plan scales from zero by itself; an instance that is always ready is a matter of cost
  // checkov:skip=CKV_AZURE_213: the plan has no health check path, it replaces instances by itself
  name: name
  location: location
  // azd finds where to deploy the service "api" of azure.yaml by this tag.
  tags: union(tags, {
    'azd-service-name': 'api'
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
    // Language and version are set here and not by FUNCTIONS_WORKER_RUNTIME, which this plan refuses.
    functionAppConfig: {
      runtime: {
        name: 'python'
        version: '3.13'
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}deployment'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
        triggers: {
          http: {
            // Left out, a Python app is given one request at a time; ours waits for storage and can take many.
            perInstanceConcurrency: 16
          }
        }
      }
    }
  }
}

// Beside the app and not inside it: the parser that the checks use keeps only the last of several resources inside one.
resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  // checkov:skip=CKV_AZURE_13: these are the app's settings, for which the rule takes the web configuration
  // checkov:skip=CKV_AZURE_63: these are the app's settings, for which the rule takes the web configuration
  // checkov:skip=CKV_AZURE_65: these are the app's settings, for which the rule takes the web configuration
  // checkov:skip=CKV_AZURE_66: these are the app's settings, for which the rule takes the web configuration
  // checkov:skip=CKV_AZURE_80: these are the app's settings, for which the rule takes the web configuration
  // checkov:skip=CKV_AZURE_88: these are the app's settings, for which the rule takes the web configuration
  // checkov:skip=CKV_AZURE_222: these are the app's settings, for which the rule takes the web configuration
  parent: app
  name: 'appsettings'
  properties: union(appSettings, mailSettings, helpSettings, reviewersSettings, sealSettings, webhookSettings)
}

// Deployment logs in by Entra ID; the publishing passwords stay unusable.
resource noPublishingPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}
