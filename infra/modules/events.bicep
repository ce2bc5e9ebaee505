// What others tell us, put on queues: the fate of mails, what the malware scanner found, usage files in the drop. A message lives a
// week, also while the app is down. The account takes no keys, so Event Grid delivers as an identity.
param mailTopicName string
param scanTopicName string
param storageTopicName string
param location string
param tags object
param mailServiceName string
param storageName string
param identityId string

var messageLifeInSeconds = 604800

resource mailService 'Microsoft.Communication/communicationServices@2025-09-01' existing = {
  name: mailServiceName
}

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

// The topic of a mail service is global as the service is, whatever the region of all else.
resource mailTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: mailTopicName
  location: 'global'
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    source: mailService.id
    topicType: 'Microsoft.Communication.CommunicationServices'
  }
}

resource mailSubscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: mailTopic
  name: 'mail-events'
  properties: {
    deliveryWithResourceIdentity: {
      identity: {
        type: 'UserAssigned'
        userAssignedIdentity: identityId
      }
      destination: {
        endpointType: 'StorageQueue'
        properties: {
          resourceId: storage.id
          queueName: 'mail-events'
          queueMessageTimeToLiveInSeconds: messageLifeInSeconds
        }
      }
    }
    filter: {
      includedEventTypes: [
        'Microsoft.Communication.EmailDeliveryReportReceived'
      ]
    }
    eventDeliverySchema: 'EventGridSchema'
  }
}

resource storageTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: storageTopicName
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    source: storage.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

resource dropSubscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: storageTopic
  name: 'usage-drops'
  properties: {
    deliveryWithResourceIdentity: {
      identity: {
        type: 'UserAssigned'
        userAssignedIdentity: identityId
      }
      destination: {
        endpointType: 'StorageQueue'
        properties: {
          resourceId: storage.id
          queueName: 'usage-drops'
          queueMessageTimeToLiveInSeconds: messageLifeInSeconds
        }
      }
    }
    filter: {
      subjectBeginsWith: '/blobServices/default/containers/usage-drop/blobs/'
      includedEventTypes: [
        'Microsoft.Storage.BlobCreated'
      ]
    }
    eventDeliverySchema: 'EventGridSchema'
  }
}

// The scanner publishes to a topic of ours; a system topic of the storage account would not carry its results.
resource scanTopic 'Microsoft.EventGrid/topics@2025-02-15' = {
  // checkov:skip=CKV_AZURE_193: Defender publishes from outside any network of ours; who may publish is decided by identity, keys are off
  name: scanTopicName
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    inputSchema: 'EventGridSchema'
    minimumTlsVersionAllowed: '1.2'
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
  }
}

resource scanSubscription 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = {
  parent: scanTopic
  name: 'scan-results'
  properties: {
    deliveryWithResourceIdentity: {
      identity: {
        type: 'UserAssigned'
        userAssignedIdentity: identityId
      }
      destination: {
        endpointType: 'StorageQueue'
        properties: {
          resourceId: storage.id
          queueName: 'scan-results'
          queueMessageTimeToLiveInSeconds: messageLifeInSeconds
        }
      }
    }
    filter: {
      includedEventTypes: [
        'Microsoft.Security.MalwareScanningResult'
      ]
    }
    eventDeliverySchema: 'EventGridSchema'
  }
}

output scanTopicId string = scanTopic.id
