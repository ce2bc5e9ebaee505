// The keys and secrets of one deployment, read by references in the app's settings. The mail password is put there by hand, because
// a template's parameters are no place for a secret; the cursor key is made here. The seal's certificate is made by hand, with its key
// (docs/deploy.md): a template can make a key, but no certificate for it.
param name string
param location string
param tags object

@secure()
// checkov:skip=CKV_AZURE_131: the default is no text in this file but a value made at every deployment
@description('Signs the cursors of next-page links. New with every deployment, which ends only the links of that moment.')
param cursorKey string = newGuid()

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  // checkov:skip=CKV_AZURE_109: references from app settings come from addresses that no firewall rule can name without a private network
  // checkov:skip=CKV_AZURE_189: the same; who may read is decided by identity
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Allow'
    }
  }
}

resource cursorSecret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  // checkov:skip=CKV_AZURE_41: it is made anew by every deployment, and an expired one would break paging, not protect anything
  parent: vault
  name: 'cursor-key'
  properties: {
    contentType: 'text/plain'
    value: cursorKey
  }
}

output name string = vault.name
output uri string = vault.properties.vaultUri
