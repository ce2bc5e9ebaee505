"""Seals a signed document: its pages, the evidence page behind them, and one PAdES signature over every byte (R-89).

The seal certifies that no change at all is permitted later, so a viewer that honours it lets nobody fill in or add. It says
nothing about who the signer is; what we know of that stands on the evidence page. The answers stay fields, so that whoever checks
the document can read them, and become read-only.
"""

import asyncio
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from shared.adapters.evidence_page import evidence_page
from shared.adapters.seal_key import development_key
from shared.domain.evidence import Evidence
from shared.ports.failures import AlreadySigned

if TYPE_CHECKING:
    from pyhanko.sign.signers import Signer
    from pypdf import PdfWriter

SEAL_FIELD: Final = "Seal"
_READ_ONLY: Final = 1


class DevelopmentSealer:
    """`ports.Sealer` with a key of this machine."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file

    async def seal(self, document: bytes, evidence: Evidence) -> bytes:
        """See the port."""
        return await asyncio.to_thread(self._sealed, document, evidence)

    def _sealed(self, document: bytes, evidence: Evidence) -> bytes:
        from pyhanko.sign import signers

        signer = signers.SimpleSigner.load_pkcs12_data(development_key(self._key_file), other_certs=(), passphrase=None)
        return sealed(document, evidence, signer)


def sealed(document: bytes, evidence: Evidence, signer: "Signer", digest: str = "sha256") -> bytes:
    """The document under this seal. Drawing and signing keep a processor busy: call it in a thread, of which the signer gets an
    event loop of its own."""
    pages = _with_evidence(document, evidence_page(evidence, sha256(document).hexdigest()))
    return asyncio.run(_signed(pages, evidence, signer, digest))


def _with_evidence(document: bytes, page: bytes) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=BytesIO(document))
    _lock_fields(writer)
    writer.append(PdfReader(BytesIO(page)))
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def _lock_fields(writer: "PdfWriter") -> None:
    """Makes every field read-only, and takes away the empty signature field: after the seal nobody signs here."""
    from pypdf.generic import ArrayObject, NameObject, NumberObject

    form: Any = writer.root_object.get("/AcroForm")
    if form is None:
        return
    fields: list[Any] = list(form.get_object().get("/Fields", ()))
    empty = [each for each in fields if each.get_object().get("/FT") == "/Sig" and "/V" not in each.get_object()]
    if any("/V" in each.get_object() for each in fields if each.get_object().get("/FT") == "/Sig"):
        raise AlreadySigned
    for each in fields:
        field = each.get_object()
        field[NameObject("/Ff")] = NumberObject(int(field.get("/Ff", 0)) | _READ_ONLY)
    form.get_object()[NameObject("/Fields")] = ArrayObject(each for each in fields if each not in empty)
    for page in writer.pages:
        if "/Annots" in page:
            page[NameObject("/Annots")] = ArrayObject(each for each in cast(Any, page["/Annots"]) if each not in empty)


async def _signed(pages: bytes, evidence: Evidence, signer: "Signer", digest: str) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    class DatedSigner(signers.PdfSigner):
        """Signs at the moment of the evidence: the app's clock, which development moves, and not the machine's."""

        def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
            session = super().init_signing_session(*args, **kwargs)
            session.system_time = evidence.signed_at
            return session

    metadata = signers.PdfSignatureMetadata(
        field_name=SEAL_FIELD,
        md_algorithm=digest,
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        reason=f"Seal of document {evidence.form_id}",
    )
    signed = await DatedSigner(metadata, signer=signer).async_sign_pdf(IncrementalPdfFileWriter(BytesIO(pages)))
    return bytes(signed.getvalue())
