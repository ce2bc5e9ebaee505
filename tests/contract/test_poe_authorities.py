"""Who vouches for a signer: an authority whose certificate we were given, at the time of looking, and nobody else (R-391)."""

import asyncio
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from shared.adapters.poe_authorities import authorities, authorities_in, voucher_for
from tests.contract.test_poe_inspector import unsigned_pdf

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@cache
def key_of(who: str) -> rsa.RSAPrivateKey:
    assert who
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(who: str, by: str, *, last: datetime = NOW + timedelta(days=30), signs: bool = True) -> x509.Certificate:
    """Of `who`, by the authority `by`; an authority's is by itself."""
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
            "content_commitment",
        ),
        False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by)]))
        .public_key(key_of(who).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(last)
        .add_extension(x509.BasicConstraints(ca=who == by, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=signs, key_cert_sign=who == by, **usage), critical=True)
        .sign(key_of(by), hashes.SHA256())
    )


def signature(made: x509.Certificate, who: str) -> EmbeddedPdfSignature:
    """The signature that the holder of the certificate puts to a document."""
    packed = pkcs12.serialize_key_and_certificates(b"key", key_of(who), made, None, NoEncryption())
    signer = signers.SimpleSigner.load_pkcs12_data(packed, other_certs=(), passphrase=None)

    async def sign() -> bytes:
        meta = signers.PdfSignatureMetadata(field_name="Signature")
        signed = await signers.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(unsigned_pdf())), meta, signer=signer)
        return bytes(signed.getvalue())

    (found,) = PdfFileReader(io.BytesIO(asyncio.run(sign()))).embedded_regular_signatures
    assert isinstance(found, EmbeddedPdfSignature)
    return found


def trusted(*names: str) -> str:
    """A file of these authorities, with remarks."""
    pems = (certificate(name, name).public_bytes(Encoding.PEM).decode() for name in names)
    return "Whom we trust:\n" + "and\n".join(pems)


def test_an_authority_that_we_know_vouches_by_its_name() -> None:
    """R-391"""
    signed = signature(certificate("Anna Berg", "Trust Works"), "Anna Berg")
    assert voucher_for(signed, NOW, authorities_in(trusted("Others", "Trust Works"))) == "Trust Works"


@pytest.mark.parametrize(
    ("made", "known"),
    [
        (lambda: certificate("Anna Berg", "Trust Works"), ("Others",)),
        (lambda: certificate("Anna Berg", "Trust Works"), ()),
        (lambda: certificate("Anna Berg", "Anna Berg"), ("Trust Works",)),
        (lambda: certificate("Anna Berg", "Trust Works", last=NOW - timedelta(days=1)), ("Trust Works",)),
        (lambda: certificate("Anna Berg", "Trust Works", signs=False), ("Trust Works",)),
    ],
    ids=["of another authority", "no authority known", "by itself", "run out", "not for signing"],
)
def test_nobody_vouches_for_any_other(made: Callable[[], x509.Certificate], known: tuple[str, ...]) -> None:
    """R-391"""
    assert voucher_for(signature(made(), "Anna Berg"), NOW, authorities_in(trusted(*known))) is None


def test_a_stranger_that_bears_an_authoritys_name_is_not_it() -> None:
    """R-391: the certificates of both are by "Trust Works"; only one of them has its key."""
    file = trusted("Trust Works")
    key_of.cache_clear()
    assert voucher_for(signature(certificate("Anna Berg", "Trust Works"), "Anna Berg"), NOW, authorities_in(file)) is None


def test_no_authority_is_shipped_and_a_damaged_one_is_said() -> None:
    """R-391"""
    assert authorities() == ()
    with pytest.raises(ValueError, match=r"."):
        authorities_in("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----")
