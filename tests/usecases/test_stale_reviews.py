"""A reviewer decides about the claim that was read, and about no other."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from shared.domain.claim import Claim, status
from shared.domain.errors import StaleVersion
from shared.domain.lifecycle import Status
from shared.domain.submission import Edit
from shared.usecases import reviews
from shared.usecases.partner_moves import edit_claim
from shared.usecases.people import NewPerson
from tests.usecases.system import (
    CLAIM_ID,
    DOMAIN,
    PARTNER,
    System,
    call,
    current,
    seen,
    under_review,
)

type Decision = Callable[..., Awaitable[Claim]]

DECISIONS: dict[Status, Decision] = {
    Status.AWAITING_CONSENT: partial(reviews.approve, confirms_contact=True),
    Status.ACTION_REQUIRED: partial(reviews.request_action, reason_code="proof_unclear", words="Which tenant?"),
    Status.REJECTED: partial(reviews.reject, reason_code="proof_insufficient", words="No activity."),
}


@pytest.mark.parametrize("leads_to", DECISIONS)
async def test_whoever_read_another_contact_decides_nothing(system: System, leads_to: Status) -> None:
    """R-375: the person that the reviewer was about to confirm is not the one that would be."""
    read = await under_review(system)
    mallory = NewPerson("Mallory", f"mallory@{DOMAIN}")
    await edit_claim(system.world, PARTNER, CLAIM_ID, Edit(), mallory, seen(read))
    before = await current(system)
    with pytest.raises(StaleVersion):
        await DECISIONS[leads_to](system.world, "rita", CLAIM_ID, call("decide"), as_read=seen(read))
    assert await current(system) == before
    after = await DECISIONS[leads_to](system.world, "rita", CLAIM_ID, call("decide"), as_read=seen(before))
    assert status(after) is leads_to


async def test_the_same_decision_again_is_answered_although_the_claim_has_moved_on(system: System) -> None:
    """R-375: its own change is what made the version stale."""
    read = await under_review(system)
    decide = partial(reviews.approve, system.world, "rita", CLAIM_ID, call("approve"), seen(read), confirms_contact=False)
    assert await decide() == await decide()
