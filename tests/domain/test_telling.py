"""What a partner's portal is told: every entry, under its timeline's name, and nothing about a person."""

from dataclasses import replace

from shared.domain.lifecycle import ActorKind, Event
from shared.domain.telling import tellings
from shared.domain.timeline import Act, Actor, Fact, chain
from tests.contract.record_builders import act, creation

CLAIM = creation().after


def test_an_entry_is_told_under_its_timelines_name_with_an_id_that_never_changes() -> None:
    """R-282"""
    entries = chain(CLAIM.claim_id, 4, "before", act(ActorKind.REVIEWER), (Fact(Event.REJECT, {"reasonCode": "poe_unclear"}),))
    (told,) = tellings(CLAIM, entries)
    assert (told.event_id, told.kind) == (f"{CLAIM.claim_id}.5", "claim.rejected")
    assert told.data == {
        "claimId": CLAIM.claim_id,
        "tenantId": CLAIM.tenant_id,
        "seq": 5,
        "actorKind": "reviewer",
        "facts": {"reasonCode": "poe_unclear"},
    }
    assert tellings(replace(CLAIM, note="another"), entries) == (told,)


def test_nothing_personal_is_told() -> None:
    """R-282: neither words nor who somebody is, nor what only an erasable row can open."""
    said = Act(Actor(ActorKind.REVIEWER, "object-id-of-anna"), CLAIM.created_at, "id", "salt")
    contact = {"fields": ["contact"], "contact": "person-7", "contactCommitment": "c0ffee", "somethingNew": "Anna Berg"}
    entries = chain(CLAIM.claim_id, 1, "before", said, (Fact(Event.EDIT, contact, "Please ask Anna."),))
    (told,) = tellings(CLAIM, entries)
    assert told.data["facts"] == {"fields": ["contact"]}
    for secret in ("object-id-of-anna", "person-7", "c0ffee", "Anna", "salt"):
        assert secret not in repr(told)
