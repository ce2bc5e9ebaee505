"""The timeline: every change of a claim, who made it, when and why, chained by hashes so that tampering shows.

An entry's hash covers its own content and the hash before it. Words of a person (a reason somebody typed) are not hashed
themselves: the entry holds a salted commitment, so that the words can be erased one day without breaking the chain.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from shared.domain.lifecycle import ActorKind, Event

type Json = bool | int | str | Sequence[Json] | Mapping[str, Json] | None

GENESIS: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a side, and an id on that side (a partner id, a reviewer's object id, a link's claim; never a name or
    address).

    `via` is the distributor that acts for the partner; `user` is the person who does, as asserted, and can be erased like words.
    """

    kind: ActorKind
    id: str
    via: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One attempt to change something.

    Who and when (aware UTC); `id`, random, by which a writer knows its own write; `salt`, random, kept only beside a person's
    words.
    """

    actor: Actor
    at: datetime
    id: str
    salt: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a claim's timeline. `words` (and the act's salt) can be erased; everything else is covered by `hash`."""

    claim_id: str
    seq: int
    event: Event
    act: Act
    data: Mapping[str, Json]
    before: str
    hash: str
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """What a transition says happened; `chain` makes entries of facts."""

    event: Event
    data: Mapping[str, Json] = field(default_factory=dict)
    words: str | None = None


def chain(claim_id: str, seq: int, head: str, act: Act, facts: Iterable[Fact]) -> tuple[Entry, ...]:
    """The entries that follow sequence `seq` and hash `head`, one per fact."""
    entries: list[Entry] = []
    for fact in facts:
        seq += 1
        data = dict(fact.data)
        if fact.words is not None:
            data["wordsCommitment"] = commitment(act.salt, fact.words)
        if act.actor.via is not None:
            data["actedBy"] = act.actor.via
        if act.actor.user is not None:
            data["actingUserCommitment"] = commitment(act.salt, act.actor.user)
        entry_hash = _hash(claim_id, seq, fact.event, act, data, head)
        entries.append(Entry(claim_id, seq, fact.event, act, data, head, entry_hash, fact.words))
        head = entry_hash
    return tuple(entries)


def is_intact(entries: Iterable[Entry], head: str) -> bool:
    """Does the chain run unbroken from its first entry to `head`, with every content as it was written?"""
    before = GENESIS
    for expected_seq, entry in enumerate(entries, start=1):
        recomputed = _hash(entry.claim_id, entry.seq, entry.event, entry.act, entry.data, before)
        if entry.seq != expected_seq or entry.before != before or entry.hash != recomputed or not _is_as_committed(entry):
            return False
        before = entry.hash
    return before == head


def _is_as_committed(entry: Entry) -> bool:
    """Is what concerns a person, where it was not erased, what the chain has a commitment to?"""
    said = {"wordsCommitment": entry.words, "actingUserCommitment": entry.act.actor.user}
    return all(text is None or entry.data.get(name) == commitment(entry.act.salt, text) for name, text in said.items())


def commitment(salt: str, words: str) -> str:
    """What stands in the chain for something personal: provable while the salt is kept, meaningless once it is erased."""
    return sha256(f"{salt}\n{words}".encode()).hexdigest()


def _hash(claim_id: str, seq: int, event: Event, act: Act, data: Mapping[str, Json], before: str) -> str:
    content = [claim_id, seq, event.value, act.actor.kind.value, act.actor.id, act.at.isoformat(), act.id, dict(data), before]
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
