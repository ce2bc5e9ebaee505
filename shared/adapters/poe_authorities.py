"""Who vouches for the certificate of a digital signature: one of the authorities in `authorities.txt`, or nobody we know.

Opening a document calls nobody: whether an authority has withdrawn a certificate since is not asked.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from re import DOTALL, findall
from typing import TYPE_CHECKING, Any

from shared.domain.wording import one_line

if TYPE_CHECKING:
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

_FILE = Path(__file__).parent / "authorities.txt"
_PEM = r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----"
_NAME_LIMIT = 80

type Certificate = Any
"""`asn1crypto.x509.Certificate`, which is published without types."""


@cache
def authorities() -> tuple[Certificate, ...]:
    """The authorities that whoever runs the product trusts."""
    return authorities_in(_FILE.read_text(encoding="ascii"))


def authorities_in(text: str) -> tuple[Certificate, ...]:
    """The certificates in a text. Raises ValueError for one that is damaged."""
    from pyhanko.keys import load_certs_from_pemder_data

    return tuple(each for block in findall(_PEM, text, DOTALL) for each in load_certs_from_pemder_data(block.encode("ascii")))


def voucher_for(signature: "EmbeddedPdfSignature", now: datetime, trusted: Sequence[Certificate]) -> str | None:
    """The name of the authority that vouches now for whoever made this signature (R-391), None where nobody trusted does.

    `now` is aware. A certificate that has run out, or is not for signing, is vouched for by nobody.
    """
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko_certvalidator import CertificateValidator, ValidationContext
    from pyhanko_certvalidator.errors import PathError, ValidationError

    if not trusted:
        return None
    context = ValidationContext(trust_roots=trusted, moment=now, allow_fetching=False, revocation_mode="soft-fail")
    validator: Any = CertificateValidator(signature.signer_cert, signature.other_embedded_certs, context)
    try:
        KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False).validate(
            signature.signer_cert
        )
        path = asyncio.run(validator.async_validate_usage(set()))
    except (PathError, ValidationError, ValueError):
        return None
    named = path.first.subject.native
    return one_line(str(named.get("common_name") or named.get("organization_name") or ""), _NAME_LIMIT) or "a nameless authority"
