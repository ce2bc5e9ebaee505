"""What a signer does with the link in its mail: through the pages' own functions, over the emulator."""

from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlencode

import azure.functions as func
import pytest

from functions import signing as pages
from shared import bootstrap
from shared.adapters.programmes import shipped_programmes
from shared.bootstrap import AzureWorld
from shared.domain.claim import Claim
from shared.domain.notice import MailKind
from shared.domain.proof_form import Subject, subject_of
from shared.usecases import signing
from shared.usecases.people import NewPerson
from tests.usecases.system import CLAIM_ID, DOMAIN, PARTNER, System, call, draft

SIGNER: Final = NewPerson("Łucja Żółć", f"lucja@{DOMAIN}")
BOUNDARY: Final = "a-boundary-of-this-form"


class Browser:
    """Somebody with a link, served by one worker."""

    def __init__(self, world: AzureWorld, monkeypatch: pytest.MonkeyPatch, token: str, lang: str = "") -> None:
        self._world, self._monkeypatch, self.token = world, monkeypatch, token
        self._params = {"lang": lang} if lang else {}

    async def get(self, method: str = "GET") -> func.HttpResponse:
        return await self._ask(pages.show_signing, method)

    async def document(self, method: str = "GET") -> func.HttpResponse:
        return await self._ask(pages.get_document_to_sign, method)

    async def post(self, form: Mapping[str, object]) -> func.HttpResponse:
        body = urlencode(form, doseq=True).encode()
        return await self._ask(pages.decide_signing, "POST", body, "application/x-www-form-urlencoded")

    async def upload(self, content: bytes, name: str = "signed.pdf") -> func.HttpResponse:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="document"; filename="{name}"\r\n\r\n'.encode()
        body = head + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        return await self._ask(pages.upload_signed_document, "POST", body, f"multipart/form-data; boundary={BOUNDARY}")

    async def _ask(self, handler: Any, method: str, body: bytes = b"", media_type: str = "") -> func.HttpResponse:
        self._monkeypatch.setattr(bootstrap, "world", lambda: self._world)
        request = func.HttpRequest(
            method,
            f"https://x.example/sign/{self.token}",
            headers={"Content-Type": media_type},
            params=self._params,
            route_params={"token": self.token},
            body=body,
        )
        return cast("func.HttpResponse", await handler.build().get_user_function()(request))


async def asked(system: System, *, submits: bool | None = None, key: str = "ask", signer: NewPerson = SIGNER) -> str:
    """The token that a signer was mailed for a draft without any proof."""
    await draft(system)
    return await asked_again(system, submits=submits, key=key, signer=signer)


async def asked_again(system: System, *, submits: bool | None = None, key: str, signer: NewPerson = SIGNER) -> str:
    """The token that this signer was mailed for the claim as it is."""
    await signing.request_signature(system.world, PARTNER, CLAIM_ID, signer, call(key), submits=submits)
    await system.settle()
    return token(system)


def token(system: System) -> str:
    """The token in the newest request's link."""
    return system.letterbox.token(MailKind.SIGNATURE_REQUEST, "sign")


def subject(claim: Claim) -> Subject:
    """What the form for this claim is about."""
    (programme,) = (each for each in shipped_programmes() if each.programme_id == claim.programme_id)
    return subject_of(claim, programme)


def signature(claim: Claim, **changes: object) -> dict[str, object]:
    """A form filled in completely, for the claim as it is."""
    return {
        "do": "sign",
        "form_id": subject(claim).form_id,
        "activity": ["deployment", "adoption"],
        "authority": "yes",
        "name": "Łucja Żółć",
        "title": "Head of IT",
        "typed": "łucja  żółć",
        "electronically": "yes",
        **changes,
    }
