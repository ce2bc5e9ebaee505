"""The catalogue of events cannot drift: it names every kind that is told, with exactly the facts that the real moves tell."""

from collections import defaultdict

import pytest

from functions.reference import event_catalogue as catalogue
from functions.wire.events import EventOut
from infra.reference.__main__ import EVENTS
from shared.domain.claim import Change
from shared.domain.errors import DomainError
from shared.domain.lifecycle import Event, Status
from shared.domain.telling import KINDS, tellings
from tests.domain.claim_builders import created
from tests.domain.test_lifecycle import driven


def changes() -> list[Change]:
    """Everything that the moves lead to from claims in every status."""
    found = [created("workload:teams")]
    for now in Status:
        for _, who, claim, drive in driven(now):
            try:
                found.append(drive(claim, who))
            except DomainError:
                continue
    return found


def test_every_kind_of_event_is_described_once_and_no_other() -> None:
    """R-306."""
    assert sorted(catalogue.names()) == sorted(KINDS), "add it to functions/reference/event_catalogue.py"


def test_each_event_is_described_with_exactly_the_facts_that_are_told() -> None:
    """R-306: whoever adds a fact to a move, or to what is told, finds it missing here."""
    told: dict[Event, set[str]] = defaultdict(set)
    for change in changes():
        for entry, telling in zip(change.entries, tellings(change.after, change.entries), strict=True):
            facts = telling.data["facts"]
            assert isinstance(facts, dict)
            told[entry.event] |= facts.keys() - catalogue.ON_ANY.keys()
    assert told == {kind.event: set(kind.facts) for kind in catalogue.CATALOGUE}


def test_no_fact_is_described_that_no_event_bears() -> None:
    """R-306."""
    named = {fact for kind in catalogue.CATALOGUE for fact in kind.facts}
    named |= {fact for _, facts in catalogue.OF_WEBHOOKS.values() for fact in facts}
    assert named == catalogue.FACTS.keys()


@pytest.mark.parametrize("name", KINDS)
def test_every_example_is_an_event_as_it_travels(name: str) -> None:
    """R-306: of the claim's, by the model that answers; what an example shows is told."""
    event = EventOut.model_validate(catalogue.example_of(name))
    assert (event.type, event.specversion, event.subject in event.source) == (name, "1.0", True)


def test_the_committed_catalogue_is_what_the_code_makes() -> None:
    """R-306."""
    assert EVENTS.read_text(encoding="utf-8") == catalogue.as_markdown(), "run make openapi, look at what changed, and commit it"
