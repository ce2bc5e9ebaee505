"""A lease on a blob: of all hosts over one storage account, one holds it.

If its holder dies the lease runs out by itself. A holder that cannot renew must stop believing in it before it runs out; what
the holder is doing at that moment goes on, so a function may still run twice at once. The platform's singleton has the same
gap.
"""

import asyncio
import logging
import time
from contextlib import suppress
from http import HTTPStatus

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob.aio import BlobClient, BlobLeaseClient, ContainerClient

from infra.local.host.pause import pause

log = logging.getLogger("host.timers")

CONTAINER = "azure-webjobs-hosts"


class BlobLease:
    """One host's claim on one blob."""

    def __init__(self, container: ContainerClient, path: str, seconds: int) -> None:
        self._container = container
        self._blob: BlobClient = container.get_blob_client(path)
        self._seconds = seconds
        self._lease: BlobLeaseClient | None = None
        self._held_until = 0.0

    @property
    def is_held(self) -> bool:
        """Whether this host may still act as the holder."""
        return self._lease is not None and time.monotonic() < self._held_until

    @property
    def retry_after(self) -> float:
        """Seconds between two attempts, short against the lease."""
        return self._seconds / 5

    async def acquire(self) -> bool:
        """Try once; True if this host holds it now. AzureError: the storage cannot be reached."""
        asked_at = time.monotonic()
        try:
            self._lease = await self._blob.acquire_lease(self._seconds)
        except ResourceNotFoundError:
            await self._create()
            return await self.acquire()
        except HttpResponseError as error:
            if error.status_code == HTTPStatus.CONFLICT:
                return False
            raise
        self._held_until = asked_at + self._seconds
        return True

    async def keep(self, done: asyncio.Event) -> None:
        """Renew until `done` or lost."""
        while self._lease and not await pause(done, self.retry_after):
            asked_at = time.monotonic()
            try:
                await self._lease.renew()
            except HttpResponseError as error:
                log.warning("The lease on %s is lost: %s", self._blob.blob_name, error.reason)
                self._lease = None
            except AzureError as error:
                log.warning("The lease on %s could not be renewed: %s", self._blob.blob_name, error)
            else:
                self._held_until = asked_at + self._seconds

    async def release(self) -> None:
        """Let another host have it at once; if that fails it runs out anyway."""
        if self._lease:
            try:
                await self._lease.release()
            except AzureError as error:
                log.warning("The lease on %s could not be released: %s", self._blob.blob_name, error)
            self._lease = None

    async def _create(self) -> None:
        # If another host was quicker, and even holds the lease already, that is as good.
        with suppress(ResourceExistsError):
            await self._container.create_container()
        with suppress(ResourceExistsError, ResourceModifiedError):
            await self._blob.upload_blob(b"", overwrite=False)
