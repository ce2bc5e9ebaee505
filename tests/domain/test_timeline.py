"""The timeline's chain: whatever is changed, removed, inserted or swapped afterwards shows."""

from dataclasses import replace

import pytest

from shared.domain.lifecycle import ActorKind, Event
from shared.domain.timeline import GENESIS, Act, Actor, Entry, Fact, chain, commitment, is_intact
from tests.domain.claim_builders import CUSTOMER, MONDAY, PARTNER, by, days_after

ENTRIES = (*chain("claim", 0, GENESIS, by(PARTNER), [Fact(Event.CREATE, {"scopes": ["workload:teams"]}), Fact(Event.SUBMIT)]),)
CHAIN = (*ENTRIES, *chain("claim", 2, ENTRIES[-1].hash, by(CUSTOMER), [Fact(Event.REFUSE, {"refused": []}, "I never met them.")]))
HEAD = CHAIN[-1].hash


def changed(position: int, **fields: object) -> tuple[Entry, ...]:
    return (*CHAIN[:position], replace(CHAIN[position], **fields), *CHAIN[position + 1 :])  # type: ignore[arg-type]


def test_a_chain_as_it_was_written_is_intact() -> None:
    """R-82."""
    assert is_intact(CHAIN, HEAD)
    assert is_intact((), GENESIS)
    assert [e.seq for e in CHAIN] == [1, 2, 3]


@pytest.mark.parametrize(
    "tampered",
    [
        changed(0, data={"scopes": ["workload:yammer"]}),
        changed(1, event=Event.CONTEST),
        changed(1, act=by(PARTNER, days_after(MONDAY, -1))),
        changed(1, act=replace(by(PARTNER), id="another-attempt")),
        changed(1, act=replace(by(PARTNER), actor=Actor(ActorKind.PARTNER, "2000002"))),
        changed(1, act=replace(by(PARTNER), actor=Actor(ActorKind.OPERATOR, "1000001"))),
        changed(2, words="I know them well."),
        changed(1, claim_id="another"),
        changed(1, seq=7),
        changed(1, hash="f" * 64),
        changed(1, before="f" * 64),
        CHAIN[1:],
        CHAIN[:-1],
        (CHAIN[0], CHAIN[2]),
        (CHAIN[1], CHAIN[0], CHAIN[2]),
        (*CHAIN, CHAIN[2]),
    ],
    ids=[
        "data", "event", "time", "attempt", "actor", "side", "words", "claim", "number", "hash", "predecessor",
        "first gone", "last gone", "one gone", "swapped", "repeated",
    ],
)  # fmt: skip
def test_tampering_shows(tampered: tuple[Entry, ...]) -> None:
    """R-82."""
    assert not is_intact(tampered, HEAD)


def test_a_chain_that_was_rewritten_from_the_start_does_not_fit_its_head() -> None:
    """R-82: the claim keeps the head."""
    rewritten = chain("claim", 0, GENESIS, by(PARTNER), [Fact(Event.CREATE), Fact(Event.SUBMIT), Fact(Event.AGREE)])
    assert is_intact(rewritten, rewritten[-1].hash)
    assert not is_intact(rewritten, HEAD)


def test_words_can_be_erased_without_breaking_the_chain() -> None:
    """R-82: the entry holds a salted commitment; without the salt it says nothing."""
    erased = changed(2, words=None, act=replace(by(CUSTOMER), salt=""))
    assert is_intact(erased, HEAD)


def test_the_chain_holds_no_words() -> None:
    """R-82."""
    assert CHAIN[2].data["wordsCommitment"] == commitment("a-salt", "I never met them.")
    assert "never met" not in str(CHAIN[2].data)


def test_equal_words_under_different_salts_look_different() -> None:
    """R-82."""
    assert commitment("one", "yes") != commitment("two", "yes")


def test_who_acted_is_in_the_chain_and_the_person_can_be_erased() -> None:
    """R-291"""
    act = Act(Actor(ActorKind.PARTNER, "4711001", via="4711999", user="user-1147"), MONDAY, "id", "salt")
    (entry,) = chain("claim", 0, GENESIS, act, (Fact(Event.CREATE),))
    assert entry.data["actedBy"] == "4711999"
    assert "user-1147" not in repr(entry.data)
    assert is_intact([entry], entry.hash)
    erased = replace(entry, act=replace(act, actor=replace(act.actor, user=None), salt=""))
    assert is_intact([erased], entry.hash)
    forged = replace(entry, act=replace(act, actor=replace(act.actor, user="user-2")))
    assert not is_intact([forged], entry.hash)
    assert not is_intact([replace(entry, data={**entry.data, "actedBy": "4711888"})], entry.hash)
