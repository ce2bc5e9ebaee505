"""A document sealed by a key in a vault is as good as any, and a vault that answers badly seals nothing."""

import asyncio
import io
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asn1crypto import x509  # type: ignore[import-untyped]  # Published without types.
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from shared.adapters import vault_seal
from shared.adapters.vault_seal import VaultSealer
from shared.ports.failures import AlreadySigned, StoreUnavailable
from tests.contract.test_poe_answers import COMPLETE, filled, signed
from tests.contract.test_seal import EVIDENCE, is_unchanged, pdfsig, with_pdfsig
from tests.contract.vault_stand_in import TOKEN, Key, Vault, vault_stand_in

KEYS: dict[str, Callable[[], Key]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 3072),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
}


@pytest.fixture(scope="module", params=KEYS)
def each_vault(request: pytest.FixtureRequest) -> Iterator[Vault]:
    """A vault with a key of every kind in turn."""
    with vault_stand_in(KEYS[request.param](), request.param) as vault:
        yield vault


@pytest.fixture
def vault() -> Iterator[Vault]:
    """A vault with a key that is quickly made."""
    with vault_stand_in(KEYS["ES256"](), "ES256") as vault:
        yield vault


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What passes by itself passes at once here."""
    monkeypatch.setattr(vault_seal, "_PAUSES_SECONDS", (0.0, 0.0))


async def a_token() -> str:
    return TOKEN


def sealer(vault: Vault) -> VaultSealer:
    return VaultSealer(vault.certificate_address, a_token)


def sealed_by(vault: Vault) -> bytes:
    return asyncio.run(sealer(vault).seal(filled(COMPLETE), EVIDENCE))


def test_a_key_in_a_vault_seals_as_one_on_the_machine_does(each_vault: Vault) -> None:
    """R-89, R-145"""
    content = sealed_by(each_vault)
    assert is_unchanged(content)
    (seal,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    trust = ValidationContext(trust_roots=[x509.Certificate.load(each_vault.certificate.public_bytes(Encoding.DER))])
    assert asyncio.run(async_validate_pdf_signature(seal, trust)).bottom_line
    assert (str(seal.sig_object["/SubFilter"]), seal.self_reported_timestamp) == ("/ETSI.CAdES.detached", EVIDENCE.signed_at)
    assert not is_unchanged(content[:200] + bytes((content[200] ^ 1,)) + content[201:])


@with_pdfsig
def test_an_independent_program_finds_it_valid(each_vault: Vault, tmp_path: Any) -> None:
    said = pdfsig(sealed_by(each_vault), tmp_path)
    assert "Signature is Valid." in said
    assert "Total document signed" in said


async def test_the_certificate_is_read_once_and_each_seal_is_one_request(vault: Vault) -> None:
    own = sealer(vault)
    await asyncio.gather(*(own.seal(filled(COMPLETE), EVIDENCE) for _ in range(2)))
    await own.seal(filled(COMPLETE), EVIDENCE)
    signs = [asked for asked in vault.asked if asked.startswith("POST")]
    assert len(signs) == 3
    assert len(vault.asked) - len(signs) <= 2, "two that begin at once may both ask"


@pytest.mark.parametrize("passing", [[(503, {})], [(429, {}), (500, b"")], [(502, b"<html>"), (504, {})]])
async def test_what_passes_by_itself_is_waited_for(vault: Vault, passing: list[tuple[int, Any]]) -> None:
    vault.answers += passing
    content = await sealer(vault).seal(filled(COMPLETE), EVIDENCE)
    assert await asyncio.to_thread(is_unchanged, content)


BAD: dict[str, list[tuple[int, Any]]] = {
    "the certificate is not there": [(404, {"error": {"code": "CertificateNotFound"}})],
    "the identity has no role": [(403, {"error": {"code": "Forbidden"}})],
    "it is down for longer": [(503, {})] * 3,
    "it redirects": [(302, {})],
    "it is not JSON": [(200, b"<html>")],
    "it is a list": [(200, [])],
    "it has no key": [(200, {"cer": "AAAA"})],
    "it has no certificate": [(200, {"kid": "x"})],
}


@pytest.mark.parametrize("name", BAD)
async def test_a_vault_that_does_not_answer_as_it_should_seals_nothing(vault: Vault, name: str) -> None:
    """R-145"""
    vault.answers += BAD[name]
    with pytest.raises(StoreUnavailable):
        await sealer(vault).seal(filled(COMPLETE), EVIDENCE)
    assert not [asked for asked in vault.asked if asked.startswith("POST") or "elsewhere" in asked]


@pytest.mark.parametrize("value", ["", "AAAA", "A" * 86, "ä", 7, None])
async def test_a_signature_that_does_not_verify_seals_nothing(vault: Vault, value: Any) -> None:
    """R-145"""
    own = sealer(vault)
    await own.seal(filled(COMPLETE), EVIDENCE)
    vault.answers.append((200, {"kid": vault.key_address, "value": value}))
    with pytest.raises(StoreUnavailable):
        await own.seal(filled(COMPLETE), EVIDENCE)


async def test_the_token_is_carried_to_no_other_place(vault: Vault) -> None:
    """R-145: whoever answers for the vault may name any address as the key's."""
    der = b64encode(vault.certificate.public_bytes(Encoding.DER)).decode()
    with vault_stand_in(vault.key, "ES256") as other:
        vault.answers.append((200, {"kid": other.key_address, "cer": der}))
        with pytest.raises(StoreUnavailable):
            await sealer(vault).seal(filled(COMPLETE), EVIDENCE)
        assert other.asked == []


async def test_another_s_token_seals_nothing(vault: Vault) -> None:
    async def foreign() -> str:
        return "a token for something else"

    with pytest.raises(StoreUnavailable):
        await VaultSealer(vault.certificate_address, foreign).seal(filled(COMPLETE), EVIDENCE)


async def test_a_vault_that_is_not_there_seals_nothing() -> None:
    with pytest.raises(StoreUnavailable):
        await VaultSealer("http://127.0.0.1:1/certificates/seal", a_token).seal(filled(COMPLETE), EVIDENCE)


async def test_a_document_that_is_signed_already_is_not_sealed_again(vault: Vault) -> None:
    with pytest.raises(AlreadySigned):
        await sealer(vault).seal(await asyncio.to_thread(lambda: signed(filled(COMPLETE))), EVIDENCE)
