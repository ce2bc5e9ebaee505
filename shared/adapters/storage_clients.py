"""The clients of one storage account, each made on first use: with a managed identity in Azure, with a key on the emulator."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient, TableServiceClient
    from azure.storage.blob.aio import BlobServiceClient
    from azure.storage.queue.aio import QueueClient, QueueServiceClient

    from shared.settings import Settings

# The SDK's own retries end well before the caller's patience does; queue and blob clients would wait 15 s before their first.
_RETRIES: Final = {"retry_total": 3, "retry_backoff_factor": 0.2, "initial_backoff": 0.3, "increment_base": 2}

# A file is read in pieces of 4 MB; the SDK's own first piece would be 32 MB, and a worker works on several files at once.
_PIECES: Final = {"max_single_get_size": 4_194_304, "max_chunk_get_size": 4_194_304}


class StorageClients:
    """Whoever is made from it reaches tables, queues and containers. `options` go to every client."""

    def __init__(self, settings: "Settings", options: Mapping[str, Any]) -> None:
        self._account = settings.storage
        self._has_key = settings.has_connection_string
        self._options = {**_RETRIES, **options}

    def table(self, name: str) -> "TableClient":
        """The client of one table."""
        return self.table_service.get_table_client(name)

    def queue(self, name: str) -> "QueueClient":
        """The client of one queue, with the message encoding that the Functions trigger expects."""
        from azure.storage.queue import TextBase64EncodePolicy

        return self.queue_service.get_queue_client(name, message_encode_policy=TextBase64EncodePolicy())

    @cached_property
    def table_service(self) -> "TableServiceClient":
        from azure.data.tables.aio import TableServiceClient

        if self._has_key:
            return TableServiceClient.from_connection_string(self._account, **self._options)
        return TableServiceClient(self._endpoint("table"), credential=self._credential, **self._options)

    @cached_property
    def queue_service(self) -> "QueueServiceClient":
        from azure.storage.queue.aio import QueueServiceClient

        if self._has_key:
            return QueueServiceClient.from_connection_string(self._account, **self._options)
        return QueueServiceClient(self._endpoint("queue"), credential=self._credential, **self._options)

    @cached_property
    def blob_service(self) -> "BlobServiceClient":
        from azure.storage.blob.aio import BlobServiceClient

        options = {**_PIECES, **self._options}
        if self._has_key:
            return BlobServiceClient.from_connection_string(self._account, **options)
        return BlobServiceClient(self._endpoint("blob"), credential=self._credential, **options)

    @cached_property
    def _credential(self) -> Any:
        from azure.identity.aio import DefaultAzureCredential

        return DefaultAzureCredential()

    def _endpoint(self, service: str) -> str:
        return f"https://{self._account}.{service}.core.windows.net"

    async def close(self) -> None:
        """Closes the clients that were made."""
        for name in ("table_service", "queue_service", "blob_service", "_credential"):
            if name in self.__dict__:
                await self.__dict__[name].close()
