"""Documents on Azure Blob Storage: created once under a name that comes from their content, never overwritten."""

from typing import TYPE_CHECKING

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from shared.adapters.storage import FAILURES
from shared.domain.errors import NotFound
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.storage.blob.aio import BlobServiceClient


class BlobFiles:
    """`ports.Files` on a blob account."""

    def __init__(self, service: "BlobServiceClient") -> None:
        self._service = service

    async def put(self, container: str, name: str, content: bytes, media_type: str) -> None:
        """Creates the blob; one that is there already has the same content, because its name says so."""
        from azure.storage.blob import ContentSettings

        blob = self._service.get_blob_client(container, name)
        settings = ContentSettings(content_type=media_type, content_disposition="attachment")
        try:
            await blob.upload_blob(content, overwrite=False, content_settings=settings)
        except ResourceExistsError:
            return
        except HttpResponseError as error:
            if error.status_code != 412:
                raise StoreUnavailable from error
        except FAILURES as error:
            raise StoreUnavailable from error

    async def get(self, container: str, name: str) -> bytes:
        """The content. Raises NotFound."""
        blob = self._service.get_blob_client(container, name)
        try:
            return await (await blob.download_blob()).readall()
        except ResourceNotFoundError as error:
            raise NotFound from error
        except FAILURES as error:
            raise StoreUnavailable from error
