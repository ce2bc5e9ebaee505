"""Webhooks: signatures that others can check, waits that last three days, and an end to calling whom nobody answers for."""

import hmac
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from shared.domain.errors import InvalidInput
from shared.domain.webhook import (
    Disabled,
    Failure,
    Reply,
    Webhook,
    after_call,
    require_kinds,
    require_secret,
    signatures,
    wait_after,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEBHOOK = Webhook("4711001", "portal", "https://portal.example/", (), ("sealed",))
TAKEN, FAILED = Reply(204, None), Reply(500, Failure.STATUS)


def test_the_signature_is_the_one_of_the_standards_own_example() -> None:
    """R-286: secret, id, time, body and signature as https://github.com/standard-webhooks publishes them."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signed = signatures([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_with_two_secrets_the_holder_of_either_finds_its_own() -> None:
    """R-286"""
    secrets = ["whsec_" + b64encode(bytes([n]) * 32).decode() for n in (1, 2)]
    signed = signatures(secrets, "id", 1, b"body").split(" ")
    for secret, signature in zip(secrets, signed, strict=True):
        key = b64decode(secret.removeprefix("whsec_"))
        assert signature == "v1," + b64encode(hmac.digest(key, b"id.1.body", "sha256")).decode()


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "A" * 200, "whsec_§"],
)
def test_a_secret_that_anybody_could_guess_is_refused(secret: str) -> None:
    """R-286"""
    with pytest.raises(InvalidInput):
        require_secret(secret)


def test_an_event_that_is_never_told_cannot_be_asked_for() -> None:
    require_kinds(["claim.refused", "webhook.test"])
    with pytest.raises(InvalidInput):
        require_kinds(["claim.exploded"])


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_a_delivery_is_tried_again_for_about_three_days_and_then_no_more(chance: float) -> None:
    """R-287"""
    waits: list[timedelta] = []
    while (wait := wait_after(len(waits) + 1, chance)) is not None:
        waits.append(wait)
    assert waits[0] <= timedelta(seconds=6)
    assert all(longer >= shorter for shorter, longer in pairwise(waits))
    assert abs(sum(waits, timedelta()) - timedelta(days=3)) <= timedelta(days=3) * 0.25
    assert max(waits) < timedelta(days=7), "a queue keeps a message hidden for seven days at most"


def test_no_two_deliveries_that_failed_together_are_tried_again_together() -> None:
    """R-287: what comes back is not run down again."""
    assert len({wait_after(4, n / 10) for n in range(11)}) == 11


def test_whoever_takes_no_call_for_five_days_is_called_no_more() -> None:
    """R-288"""
    failing = after_call(WEBHOOK, FAILED, NOW)
    assert (failing.failing_since, failing.disabled) == (NOW, None)
    still = after_call(failing, FAILED, NOW + timedelta(days=5) - timedelta(seconds=1))
    assert still == failing
    ended = after_call(still, FAILED, NOW + timedelta(days=5))
    assert (ended.disabled, ended.disabled_at) == (Disabled.FAILING, NOW + timedelta(days=5))


def test_one_call_that_is_taken_makes_up_for_all_that_failed() -> None:
    """R-288"""
    assert after_call(replace(WEBHOOK, failing_since=NOW), TAKEN, NOW + timedelta(days=9)) == WEBHOOK


def test_whoever_says_that_it_is_gone_is_called_no_more() -> None:
    """R-288"""
    assert after_call(WEBHOOK, Reply(410, Failure.STATUS), NOW).disabled is Disabled.GONE
