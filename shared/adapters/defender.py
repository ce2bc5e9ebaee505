"""Microsoft Defender for Storage as the malware scanner: it scans by itself what is uploaded, and tells by Event Grid.

A result names a blob and the ETag that the blob had when it was scanned. It is kept under both, and counts only for a blob that
still has this ETag: a result that comes after the blob was swapped is one on something else. Of several on the same content the
worse stands. A scan that failed, was not made, or is told in words unknown here, is no verdict.
https://learn.microsoft.com/azure/defender-for-cloud/understand-malware-scan-results
"""

import json
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

from shared.adapters import names
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.errors import NotFound
from shared.domain.identity import bucket_in, is_claim_id
from shared.domain.poe import Verdict
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient
    from azure.storage.blob.aio import BlobServiceClient

log = logging.getLogger(__name__)

_EVENT: Final = "Microsoft.Security.MalwareScanningResult"
_VERDICTS: Final = {"No threats found": Verdict.CLEAN, "Malicious": Verdict.INFECTED}
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_ETAG: Final = re.compile(r"[0-9A-Za-z]{1,64}")


@dataclass(frozen=True, slots=True)
class _Key:
    """Where the result on one content of one blob is kept."""

    name: str
    etag: str

    @property
    def row(self) -> dict[str, str]:
        claim_id, _, digest = self.name.partition("/")
        return {"PartitionKey": bucket_in(claim_id), "RowKey": f"scan!{claim_id}!{digest}!{self.etag}"}


class DefenderScanner:
    """`ports.Scanner` and `ports.ScanResults` on the table of records and the account of the proofs."""

    def __init__(self, table: "TableClient", blobs: "BlobServiceClient") -> None:
        self._table, self._blobs = table, blobs

    async def verdict(self, name: str) -> Verdict | None:
        """See the port. Two requests: what lies there now, and what was said of just that."""
        try:
            properties = await self._blobs.get_blob_client(names.PROOFS, name).get_blob_properties()
        except ResourceNotFoundError as error:
            raise NotFound from error
        except FAILURES as error:
            raise StoreUnavailable from error
        row = await self._row(_Key(name, properties.etag.strip('"')))
        return None if row is None else Verdict(row["verdict"])

    async def note(self, message: bytes) -> str | None:
        """See the port."""
        told = self._told(message)
        if told is None:
            log.warning("a scan result is no verdict on a proof", extra={"characters": len(message)})
            return None
        key, verdict = told
        try:
            await self._keep(key, verdict)
        except FAILURES as error:
            raise StoreUnavailable from error
        return key.name

    async def _keep(self, key: _Key, verdict: Verdict) -> None:
        try:
            await self._table.create_entity({**key.row, "v": 1, "verdict": str(verdict)})
        except ResourceExistsError:
            stands = await self._row(key)
            if stands is not None and verdict is Verdict.INFECTED and stands["verdict"] != verdict:
                worse = {**key.row, "verdict": str(verdict)}
                await self._table.update_entity(worse, mode="merge", **if_unchanged(stands.metadata["etag"]))

    async def _row(self, key: _Key) -> Any:
        try:
            return await self._table.get_entity(key.row["PartitionKey"], key.row["RowKey"])
        except ResourceNotFoundError:
            return None
        except FAILURES as error:
            raise StoreUnavailable from error

    def _told(self, message: bytes) -> tuple[_Key, Verdict] | None:
        """What the event says, if it is a verdict on a proof of this account."""
        try:
            event = json.loads(message)
            data = event["data"]
            address, etag, details = str(data["blobUri"]), str(data["eTag"]).strip('"'), data.get("scanResultDetails") or {}
            verdict = _VERDICTS.get(data["scanResultType"])
            digest_told = details.get("sha256")
            is_result = event["eventType"] == _EVENT
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        name = self._name(address)
        if not is_result or verdict is None or name is None or not _ETAG.fullmatch(etag):
            return None
        # The name says what the content is; a scanner that read anything else has judged something else.
        if digest_told is not None and str(digest_told).lower() != name.rpartition("/")[2]:
            return None
        return _Key(name, etag), verdict

    def _name(self, address: str) -> str | None:
        """The proof's name, if the address is one of this account's container of proofs."""
        container = urlsplit(self._blobs.get_container_client(names.PROOFS).url)
        asked = urlsplit(address)
        claim_id, _, digest = unquote(asked.path).removeprefix(f"{container.path}/").partition("/")
        is_here = asked.netloc == container.netloc and unquote(asked.path).startswith(f"{container.path}/")
        return f"{claim_id}/{digest}" if is_here and is_claim_id(claim_id) and _DIGEST.fullmatch(digest) else None
