"""What lies outside the product: mail, token issuer, tenants, queues, time and chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from shared.domain.caller import Caller
    from shared.domain.delivery import Delivery, Suppression
    from shared.domain.limit import Limited, Rate
    from shared.domain.notice import Letter, MailReceipt
    from shared.ports.records import Call


class Mailer(Protocol):
    """A mail provider."""

    async def send(self, letter: Letter) -> MailReceipt:
        """Hands the mail over. Raises PermanentMailFailure, TransientMailFailure, or MailFateUnknown (it may have left)."""
        ...

    async def has_taken(self, operation_id: str) -> bool | None:
        """Did the provider take the mail with this id, of which its sender knows no more? None where nobody can tell. Raises
        ProviderUnavailable.
        """
        ...


class MailGate(Protocol):
    """How fast this worker hands mails over, and when it leaves its provider alone."""

    def is_closed(self, now: datetime) -> bool:
        """Is the provider left alone just now?"""
        ...

    def may_pass(self, now: datetime) -> bool:
        """May one mail go now? The answer yes is for one mail."""
        ...

    def close(self, now: datetime, at_least: timedelta | None) -> datetime:
        """The provider cannot take mails; returns when the next one may try."""
        ...

    def open(self) -> None:
        """The provider took a mail."""
        ...


class Suppressions(Protocol):
    """The addresses that no mail goes to, each known by its hash."""

    async def reason(self, address: str) -> Delivery | None:
        """Why nothing is sent to this address; None when mail may go. What another worker has just added may be seen late."""
        ...

    async def add(self, suppression: Suppression) -> None:
        """Puts an address on the list; one that is there stays as it is."""
        ...

    async def all(self) -> tuple[Suppression, ...]:
        """The whole list, in no particular order."""
        ...

    async def remove(self, address_hash: str) -> bool:
        """Takes an address from the list; False when it is not there."""
        ...


class TenantDirectory(Protocol):
    """Which mail domains are verified domains of a tenant."""

    async def is_verified(self, tenant_id: str, claimed_domain: str, mail_domain: str) -> bool:
        """Does this mail domain belong to the tenant?"""
        ...


class Tokens(Protocol):
    """Verifies bearer tokens."""

    async def verify(self, token: str) -> Caller:
        """The caller. Raises InvalidToken, KeySourceUnavailable."""
        ...

    async def check(self) -> None:
        """Is the issuer's key set readable? Raises KeySourceUnavailable."""
        ...


class Jobs(Protocol):
    """A queue whose messages start a part of a job."""

    async def send(self, content: dict[str, str], after: timedelta | None = None) -> None:
        """Sends one message, to be seen at once or after that time (seven days at most).

        Raises StoreUnavailable: unlike an announcement it must arrive.
        """
        ...


class Limiter(Protocol):
    """Counts what is limited, without asking a store."""

    def take(self, what: Limited, key: str, rate: Rate, now: datetime, amount: int = 1) -> None:
        """Counts `amount` of it for this key. Raises LimitReached when the rate does not allow it; then nothing is counted."""
        ...

    def check(self, what: Limited, key: str, rate: Rate, now: datetime, amount: int = 1) -> None:
        """Counts nothing. Raises LimitReached when `take` would."""
        ...


class Calls(Protocol):
    """Idempotent calls that had their effect lately, without asking a store."""

    def require_same(self, call: Call) -> None:
        """Raises KeyReused where the call's key is known for another request; what is not known may be all the same."""
        ...

    def note(self, call: Call) -> None:
        """The call had its effect."""
        ...


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Now, aware UTC."""
        ...


class Entropy(Protocol):
    """Randomness for ids, salts and link tokens."""

    def token(self) -> str:
        """At least 128 unguessable bits, in characters that need no escaping in a URL or a key."""
        ...
