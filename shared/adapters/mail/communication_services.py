"""Send letters by the REST interface of Azure Communication Services, as the app's managed identity.

The provider gets our operation id, so that it can be asked later whether it took a letter whose answer was lost. Nothing here
logs: a letter holds an address and the only copy of a link.
https://learn.microsoft.com/rest/api/communication/email/email/send
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from shared.adapters.mail.message import Sender, headers_of, mail_address
from shared.adapters.mail.render import render
from shared.domain.notice import (
    Letter,
    MailFateUnknown,
    MailReceipt,
    PermanentMailFailure,
    ProviderUnavailable,
)

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

API_VERSION: Final = "2023-03-31"
SCOPE: Final = "https://communication.azure.com/.default"
_TAKEN: Final = frozenset({200, 202})
# It did nothing yet: too many letters, overloaded, or we may not (somebody repairs a role, and the letter goes).
_NOT_NOW: Final = frozenset({401, 403, 429, 503})
_LONGEST_WAIT: Final = timedelta(hours=1)


class Credential(Protocol):
    """Gives tokens, as `azure.identity.aio` does."""

    async def get_token(self, *scopes: str) -> Any:
        """A token for these scopes, with its text in `token`."""
        ...


class CommunicationServicesMailer:
    """The mailer port over HTTPS. `clock` gives aware UTC; `traceparent` the W3C trace context of the work at hand, if any."""

    def __init__(
        self,
        endpoint: str,
        credential: Credential,
        sender: Sender,
        clock: Callable[[], datetime],
        traceparent: Callable[[], str | None] | None = None,
        timeout_seconds: float = 30,
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._credential = credential
        self._sender = sender
        self._clock = clock
        self._traceparent = traceparent
        self._timeout = timeout_seconds
        self._session: ClientSession | None = None

    async def send(self, letter: Letter) -> MailReceipt:
        """Hands the letter over. Raises a `MailFailure`, which says whether sending it again is right."""
        from aiohttp import ClientConnectorError, ClientError

        body = _message(letter, self._sender, self._traceparent() if self._traceparent else None)
        headers = {"Operation-Id": letter.operation_id, **await self._authorization()}
        address = f"{self._endpoint}/emails:send?api-version={API_VERSION}"
        try:
            async with self._connected().post(address, json=body, headers=headers) as answer:
                await answer.read()
                _require_taken(answer)
        except ClientConnectorError as error:
            raise ProviderUnavailable(f"connect: {type(error).__name__}") from None
        except (ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise MailFateUnknown(f"answer: {type(error).__name__}") from None
        return MailReceipt(letter.operation_id, accepted_at=self._clock(), provider_id=letter.operation_id)

    async def has_taken(self, operation_id: str) -> bool | None:
        """Did the provider take the mail with this id? Raises ProviderUnavailable when it does not answer, either."""
        from aiohttp import ClientError

        address = f"{self._endpoint}/emails/operations/{operation_id}?api-version={API_VERSION}"
        try:
            async with self._connected().get(address, headers=await self._authorization()) as answer:
                await answer.read()
                if answer.status == 404:
                    return False
                if answer.status in _TAKEN:
                    return True
                raise ProviderUnavailable(f"operation status: {answer.status}", _retry_after(answer))
        except (ClientError, TimeoutError) as error:
            raise ProviderUnavailable(f"operation status: {type(error).__name__}") from None

    async def close(self) -> None:
        """Closes the connections that were kept."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _connected(self) -> "ClientSession":
        from aiohttp import ClientSession, ClientTimeout

        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(total=self._timeout))
        return self._session

    async def _authorization(self) -> dict[str, str]:
        from azure.core.exceptions import AzureError

        try:
            token = await self._credential.get_token(SCOPE)
        except AzureError as error:
            # No token is no fault of the letter, so no letter is given up for it.
            raise ProviderUnavailable(f"token: {type(error).__name__}") from None
        return {"Authorization": f"Bearer {token.token}"}


def _message(letter: Letter, sender: Sender, traceparent: str | None) -> dict[str, Any]:
    to = mail_address(letter.to_address, letter.to_name)
    help_address = letter.help_address or sender.help_address
    rendered = render(letter, help_address=help_address)
    headers = headers_of(letter, sender) | ({"traceparent": traceparent} if traceparent else {})
    message: dict[str, Any] = {
        "senderAddress": sender.address,
        "content": {"subject": rendered.subject, "plainText": rendered.text, "html": rendered.html},
        "recipients": {"to": [{"address": to.addr_spec, "displayName": to.display_name}]},
        "headers": headers,
        # A mail that promises to see nothing has no picture that reports home, and no link but ours.
        "userEngagementTrackingDisabled": True,
    }
    return message | ({"replyTo": [{"address": help_address, "displayName": sender.display_name}]} if help_address else {})


def _require_taken(answer: "ClientResponse") -> None:
    """Nothing for a letter that was taken; else raises what the status means. The provider's words may repeat the address, and so
    are dropped."""
    if answer.status in _TAKEN:
        return
    if answer.status in _NOT_NOW:
        raise ProviderUnavailable(f"put off with {answer.status}", _retry_after(answer))
    # Of a conflict it is said that the operation is known: whether it was taken, it can be asked.
    if answer.status >= 500 or answer.status in (408, 409):
        raise MailFateUnknown(f"answered with {answer.status}")
    raise PermanentMailFailure(f"refused with {answer.status}")


def _retry_after(answer: "ClientResponse") -> timedelta | None:
    told = answer.headers.get("Retry-After", "")
    return min(timedelta(seconds=int(told)), _LONGEST_WAIT) if told.isdecimal() and len(told) < 7 else None
