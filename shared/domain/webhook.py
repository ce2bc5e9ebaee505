"""Webhooks: where a partner wants to be told, when a delivery is tried again, and when nobody tries any more.

Signatures are those of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body. A webhook has
one secret, or two while the partner changes from one to the other; each signs.
"""

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.errors import DomainError, InvalidInput
from shared.domain.payouts import LetterState
from shared.domain.telling import KINDS

MOST_WEBHOOKS: Final = 5
MOST_SECRETS: Final = 2
SECRET_PREFIX: Final = "whsec_"  # noqa: S105  # What every secret of Standard Webhooks begins with; no secret itself.
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SECRET_BYTES: Final = (24, 64)
# Two minutes, half an hour, and then ever longer: with the first try eleven in a little more than three days.
_WAITS: Final = tuple(timedelta(seconds=s) for s in (5, 120, 1_800, 7_200, 18_000, 36_000, 50_400, 50_400, 50_400, 50_400))
_JITTER: Final = 0.2
DISABLED_AFTER: Final = timedelta(days=5)


class Disabled(StrEnum):
    """Why nobody is called any more."""

    GONE = "gone"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that one partner wants to be called at. `kinds`: which events, none named means all.

    `sealed_secrets` can be opened by the product only. `failing_since`: no call has been taken since. `letter` is how far the
    mail has come that tells of its end.
    """

    partner_id: str
    name: str
    url: str
    kinds: tuple[str, ...]
    sealed_secrets: tuple[str, ...]
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    disabled: Disabled | None = None
    letter: LetterState = LetterState.NONE
    letter_since: datetime | None = None
    letter_tries: int = 0

    def wants(self, kind: str) -> bool:
        """Is this event one that the webhook is called for?"""
        return not self.kinds or kind in self.kinds


class Fate(StrEnum):
    """How a delivery stands."""

    DELIVERED = "delivered"
    RETRYING = "retrying"
    FAILED = "failed"
    DISABLED = "disabled"


class Failure(StrEnum):
    """Why a call was not taken."""

    ADDRESS_REFUSED = "address_refused"
    NAME_UNKNOWN = "name_unknown"
    NOT_CONNECTED = "not_connected"
    NO_ANSWER_IN_TIME = "no_answer_in_time"
    REDIRECTED = "redirected"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one call: the status, if there was one, and why it does not count as taken, if it does not."""

    status: int | None
    failure: Failure | None

    @property
    def is_gone(self) -> bool:
        """Does the receiver say that it wants no more?"""
        return self.status == 410


class TooManyWebhooks(DomainError):
    """The partner has as many webhooks as it may."""

    code = "too_many_webhooks"

    def __init__(self) -> None:
        super().__init__(f"A partner has at most {MOST_WEBHOOKS} webhooks: delete one first.")


class WebhooksUnavailable(DomainError):
    """This deployment has no key to keep secrets with, so nobody can be called."""

    code = "webhooks_unavailable"

    def __init__(self) -> None:
        super().__init__("Webhooks are not switched on here; read the same events with GET /v1/events.")


def is_name(text: str) -> bool:
    """Can a webhook be called this?"""
    return _NAME.fullmatch(text) is not None


def require_kinds(kinds: Iterable[str]) -> None:
    """Raises InvalidInput for an event that is never told."""
    for kind in kinds:
        if kind not in KINDS:
            raise InvalidInput("events", "One of these events is not known.")


def require_secret(text: str) -> None:
    """Raises InvalidInput for what is no secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64."""
    least, most = _SECRET_BYTES
    try:
        fits = text.startswith(SECRET_PREFIX) and least <= len(_key(text)) <= most
    except ValueError:
        fits = False
    if not fits:
        raise InvalidInput("secrets", f"A secret is {SECRET_PREFIX} and {least} to {most} random bytes in base64.")


def signatures(secrets: Iterable[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature a secret, so that either secret's holder finds its own (R-286)."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join("v1," + b64encode(hmac.digest(_key(secret), signed, "sha256")).decode() for secret in secrets)


def wait_after(tries: int, chance: float) -> timedelta | None:
    """How long to wait after so many tries, give or take a fifth by chance (0 to 1); None: it has failed for good (R-287)."""
    if tries > len(_WAITS):
        return None
    return _WAITS[tries - 1] * (1 - _JITTER + 2 * _JITTER * chance)


def after_call(webhook: Webhook, reply: Reply, now: datetime) -> Webhook:
    """The webhook once it was called: one that says it is gone, or took no call for five days, is called no more (R-288)."""
    if reply.failure is None:
        return replace(webhook, failing_since=None)
    since = webhook.failing_since or now
    if reply.is_gone or now - since >= DISABLED_AFTER:
        reason = Disabled.GONE if reply.is_gone else Disabled.FAILING
        return replace(webhook, failing_since=since, disabled_at=now, disabled=reason, letter=LetterState.DUE)
    return replace(webhook, failing_since=since)


def _key(secret: str) -> bytes:
    return b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
