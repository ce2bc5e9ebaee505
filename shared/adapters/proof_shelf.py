"""`ports.ProofShelf` on the container of proofs.

A proof is condemned by a lease that never ends, which changes neither its content nor its ETag. The lease's id is made of the
day, so only whoever knows on which day a proof was condemned can delete it; and whoever stores the same document again breaks the
lease (`blobs`), after which nobody can. Of the two the service lets one be first.
"""

from collections.abc import AsyncIterator
from datetime import date
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from shared.adapters.storage import FAILURES
from shared.ports.failures import StoreUnavailable
from shared.ports.proofs import Shelved

if TYPE_CHECKING:
    from azure.storage.blob.aio import BlobClient, ContainerClient

_FOR_EVER: Final = -1
_LEASES: Final = UUID("5d0e7ac5-5c3f-4a8b-9d5e-0a5a3f1f7c11")
# Leased otherwise, not leased at all, or under retention; another version of the answer than the one that was asked about.
_NOT_TO_BE_DELETED: Final = frozenset({409, 412})


class BlobProofShelf:
    """The shelf, on one container."""

    def __init__(self, container: "ContainerClient") -> None:
        self._container = container

    async def proofs(self, bucket: str) -> AsyncIterator[Shelved]:
        """See the port. One request for 5,000."""
        try:
            async for blob in self._container.list_blobs(name_starts_with=bucket):
                yield Shelved(blob.name, blob.creation_time, blob.lease.state == "leased")
        except FAILURES as error:
            raise StoreUnavailable from error

    async def condemn(self, name: str, on: date) -> None:
        """See the port."""
        from azure.storage.blob.aio import BlobLeaseClient

        blob = self._container.get_blob_client(name)
        await self.pardon(name)
        try:
            await BlobLeaseClient(blob, lease_id=_lease_id(name, on)).acquire(lease_duration=_FOR_EVER)
        except ResourceNotFoundError:
            return
        except FAILURES as error:
            raise StoreUnavailable from error

    async def pardon(self, name: str) -> None:
        """See the port."""
        await pardon(self._container.get_blob_client(name))

    async def delete(self, name: str, condemned_on: date) -> bool:
        """See the port."""
        try:
            await self._container.get_blob_client(name).delete_blob(lease=_lease_id(name, condemned_on))
        except ResourceNotFoundError:
            return False
        except HttpResponseError as error:
            if error.status_code in _NOT_TO_BE_DELETED:
                return False
            raise StoreUnavailable from error
        except FAILURES as error:
            raise StoreUnavailable from error
        return True


async def pardon(blob: "BlobClient") -> None:
    """Breaks the lease of a condemned blob; one that is not condemned stays as it is. Raises StoreUnavailable."""
    from azure.storage.blob.aio import BlobLeaseClient

    try:
        await BlobLeaseClient(blob).break_lease(lease_break_period=0)
    except ResourceNotFoundError:
        return
    except HttpResponseError as error:
        if error.status_code != 409:
            raise StoreUnavailable from error
    except FAILURES as error:
        raise StoreUnavailable from error


def _lease_id(name: str, day: date) -> str:
    return str(uuid5(_LEASES, f"{name} {day.isoformat()}"))
