// One account for the data and for the functions host. The queue triggers read where AzureWebJobsStorage points, the code writes
// where CPOR_STORAGE points, and both must be the same queues; a second account would only part the host's leases from the data.
param name string
param location string
param tags object
param proofRetentionDays int

@description('As in shared/adapters/names.py; infra/checks compares them.')
param tables array = [
  'records'
  'partners'
  'jobs'
  'money'
  'suppressions'
]

@description('As in shared/adapters/names.py, each with its poison queue, and what else Event Grid feeds.')
param queues array = [
  'outbox'
  'outbox-poison'
  'imports'
  'imports-poison'
  'claim-batches'
  'claim-batches-poison'
  'evaluation'
  'evaluation-poison'
  'mail-events'
  'mail-events-poison'
  'usage-drops'
  'usage-drops-poison'
  'webhooks'
  'webhooks-poison'
  'payments'
  'payments-poison'
  'reconciliation'
  'reconciliation-poison'
  'scan-results'
  'scan-results-poison'
]

@description('As in shared/adapters/names.py; "proofs" is made apart, because only it is immutable.')
param containers array = [
  'usage-files'
  'claim-batches'
  'usage-drop'
  'payouts'
]

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  // checkov:skip=CKV_AZURE_35: a firewall would stop Event Grid's deliveries with a user-assigned identity; keys are off instead
  // checkov:skip=CKV_AZURE_59: no blob is public (allowBlobPublicAccess is false); the rule means the network, and a private one is not part of a first deployment
  // checkov:skip=CKV_AZURE_206: three zones of one region; copies in a second region are a decision on where personal data may lie
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_ZRS'
  }
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: 'Enabled'
    // Event Grid delivers with a user-assigned identity, which it can do only while the account has no firewall rule:
    // https://learn.microsoft.com/azure/event-grid/handler-storage-queues
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Allow'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: {
      enabled: true
      days: 30
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 30
    }
  }
}

resource proofs 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: 'proofs'
  properties: {
    publicAccess: 'None'
    immutableStorageWithVersioning: {
      enabled: true
    }
  }
}

// Unlocked on purpose: a template must not make what nobody can undo. Locking is one command, in docs/deploy.md.
resource proofRetention 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-06-01' = {
  parent: proofs
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: proofRetentionDays
    allowProtectedAppendWrites: false
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [for containerName in containers: {
  parent: blobs
  name: containerName
  properties: {
    publicAccess: 'None'
  }
}]

resource deployment 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: 'deployment'
  properties: {
    publicAccess: 'None'
  }
}

// Versioning is the account's, not a container's: without this rule every note that a timer makes of itself, one a minute, would
// stay as a version for ever.
resource tidying 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  dependsOn: [
    blobs
  ]
  properties: {
    policy: {
      rules: [
        {
          enabled: true
          name: 'forget-old-versions-of-the-host'
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: [
                'azure-webjobs-hosts/'
                'deployment/'
              ]
            }
            actions: {
              version: {
                delete: {
                  daysAfterCreationGreaterThan: 1
                }
              }
            }
          }
        }
      ]
    }
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = [for queueName in queues: {
  parent: queueService
  name: queueName
}]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [for tableName in tables: {
  parent: tableService
  name: tableName
}]

output name string = account.name
