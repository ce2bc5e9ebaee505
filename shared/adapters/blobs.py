"""Documents on Azure Blob Storage: created once under a name that comes from their content, never overwritten.

Beside them the container in which others lay files down.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from shared.adapters.proof_shelf import pardon
from shared.adapters.reading import CONFLICTS
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.errors import NotFound
from shared.ports.failures import StoreUnavailable
from shared.ports.proofs import DroppedFile

if TYPE_CHECKING:
    from azure.storage.blob import BlobProperties
    from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient


class BlobFiles:
    """`ports.Files` on a blob account."""

    def __init__(self, service: "BlobServiceClient") -> None:
        self._service = service

    async def put(self, container: str, name: str, content: bytes, media_type: str) -> None:
        """Creates the blob; one that is there already has the same content, because its name says so.

        It may be condemned to be deleted (`proof_shelf`): then it is pardoned, or created anew if that came too late.
        """
        if not await self._create(container, name, content, media_type):
            blob = self._service.get_blob_client(container, name)
            if await _is_condemned(blob):
                await pardon(blob)
                await self._create(container, name, content, media_type)

    async def put_pieces(self, container: str, name: str, pieces: AsyncIterator[bytes], media_type: str) -> None:
        """Like `put`, block by block; the blob is there with its last block, or not at all."""
        await self._create(container, name, pieces, media_type)

    def pieces(self, container: str, name: str) -> AsyncIterator[bytes]:
        """The content, a piece a request. Raises NotFound."""
        return _pieces(self._service.get_blob_client(container, name))

    async def _create(self, container: str, name: str, content: bytes | AsyncIterator[bytes], media_type: str) -> bool:
        """False if it was there already."""
        from azure.storage.blob import ContentSettings

        blob = self._service.get_blob_client(container, name)
        settings = ContentSettings(content_type=media_type, content_disposition="attachment")
        try:
            await blob.upload_blob(content, overwrite=False, content_settings=settings)
        except ResourceExistsError:
            return False
        except HttpResponseError as error:
            if error.status_code != 412:
                raise StoreUnavailable from error
            return False
        except FAILURES as error:
            raise StoreUnavailable from error
        return True

    async def get(self, container: str, name: str) -> bytes:
        """The content. Raises NotFound."""
        blob = self._service.get_blob_client(container, name)
        try:
            return await (await blob.download_blob()).readall()
        except ResourceNotFoundError as error:
            raise NotFound from error
        except FAILURES as error:
            raise StoreUnavailable from error


async def _is_condemned(blob: "BlobClient") -> bool:
    """Was it leased to be deleted, or has it been deleted since it was found to be there?"""
    try:
        return (await blob.get_blob_properties()).lease.state == "leased"
    except ResourceNotFoundError:
        return True
    except FAILURES as error:
        raise StoreUnavailable from error


class BlobDrop:
    """`ports.Drop` on one container."""

    def __init__(self, container: "ContainerClient") -> None:
        self._container = container

    async def look_at(self, name: str) -> DroppedFile:
        """Raises NotFound."""
        try:
            return _dropped(await self._container.get_blob_client(name).get_blob_properties())
        except ResourceNotFoundError as error:
            raise NotFound from error
        except FAILURES as error:
            raise StoreUnavailable from error

    def pieces(self, dropped: DroppedFile) -> AsyncIterator[bytes]:
        """The file as it was looked at. Raises NotFound."""
        return _pieces(self._container.get_blob_client(dropped.name), **if_unchanged(dropped.etag))

    async def waiting(self) -> AsyncIterator[DroppedFile]:
        """Everything that lies there, 5,000 a request."""
        try:
            async for found in self._container.list_blobs(include=["metadata"]):
                yield _dropped(found)
        except FAILURES as error:
            raise StoreUnavailable from error

    async def clear(self, taken: DroppedFile) -> None:
        """Removes the file as it was looked at."""
        blob = self._container.get_blob_client(taken.name)
        try:
            await blob.delete_blob(**if_unchanged(taken.etag))
        except HttpResponseError as error:
            if error.status_code not in CONFLICTS:
                raise StoreUnavailable from error
        except FAILURES as error:
            raise StoreUnavailable from error


def _dropped(found: "BlobProperties") -> DroppedFile:
    notes = {name.lower(): value for name, value in (found.metadata or {}).items()}
    return DroppedFile(found.name, found.size, found.last_modified, found.etag, notes)


async def _pieces(blob: "BlobClient", **conditions: Any) -> AsyncIterator[bytes]:
    try:
        async for piece in (await blob.download_blob(**conditions)).chunks():
            yield piece
    except ResourceNotFoundError as error:
        raise NotFound from error
    except HttpResponseError as error:
        raise (NotFound if error.status_code in CONFLICTS else StoreUnavailable) from error
    except FAILURES as error:
        raise StoreUnavailable from error
