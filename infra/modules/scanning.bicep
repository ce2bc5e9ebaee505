// Defender scans each upload and tells our topic. It writes no index tags: whoever may write a blob may write its tags, so a tag
// proves nothing, and a proof under retention takes none.
param storageName string
param topicId string
param capGBPerMonth int

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource settings 'Microsoft.Security/defenderForStorageSettings@2025-06-01' = {
  scope: storage
  name: 'current'
  properties: {
    isEnabled: true
    overrideSubscriptionLevelSettings: true
    malwareScanning: {
      blobScanResultsOptions: 'None'
      onUpload: {
        isEnabled: true
        capGBPerMonth: capGBPerMonth
        filters: {
          // The host's notes and our own package; the prefix without a slash covers azure-webjobs-hosts and -secrets.
          excludeBlobsWithPrefix: [
            'azure-webjobs'
            'deployment/'
          ]
        }
      }
      scanResultsEventGridTopicResourceId: topicId
    }
    sensitiveDataDiscovery: {
      isEnabled: false
    }
  }
}
