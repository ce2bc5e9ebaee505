"""Every event that a partner is told of: its name, when it happens, which facts it bears, and an example.

The table is the only source: `docs/events.md` and the page at `/docs/events` are made from it. Tests hold it to be complete: it
names exactly the kinds that are ever told, and each with exactly the facts that its moves tell.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from shared.domain.lifecycle import Event
from shared.domain.telling import WEBHOOK_DISABLED, WEBHOOK_TEST, Telling, as_cloud_event, of_webhook
from shared.domain.timeline import Json

EVENTS_PAGE: Final = "docs/events"


class Kind(NamedTuple):
    """One kind of event; `facts` are the names of what `data.facts` may hold beside what every event may."""

    event: Event
    when: str
    actor: str
    facts: tuple[str, ...] = ()


class Fact(NamedTuple):
    """What a fact means, and an example of it."""

    meaning: str
    example: Json


FACTS: Final[Mapping[str, Fact]] = {
    "agreed": Fact("The scopes that the customer agreed to.", ["workload:teams"]),
    "attestation": Fact("What a person says of the scanned document.", "signed_by_customer"),
    "awaited": Fact("The documents whose verdict is still awaited.", []),
    "code": Fact("Why, as a code.", "bounced"),
    "contactConfirmed": Fact("Whether the reviewer has confirmed the person who was asked.", False),
    "document": Fact("The document's `documentId`.", "9f86d081884c7d659a2f"),
    "fields": Fact("Which fields have changed.", ["note"]),
    "implied": Fact("The scopes for which silence counts as no objection.", ["workload:teams"]),
    "infected": Fact("The documents in which a virus was found.", ["9f86d081884c7d659a2f"]),
    "mail": Fact("Which mail it was.", "consent_request"),
    "obstacles": Fact("What stands in the way, as codes.", ["poe_missing"]),
    "reason": Fact("Why, as a code.", "no_longer_wanted"),
    "reasonCode": Fact("The reviewer's reason, as a code.", "proof_unclear"),
    "refused": Fact("The scopes that the customer refused.", []),
    "round": Fact("How often the partner was asked for action.", 1),
    "scanConfirmed": Fact("Whether the reviewer has confirmed what a scanned document shows.", False),
    "scopes": Fact("The scopes that it is about.", ["workload:teams"]),
}
ON_ANY: Final[Mapping[str, str]] = {
    "noEffect": "`true` where the event came too late, or could not count: it is recorded and changed nothing.",
    "actedBy": "the distributor that acted for the partner.",
}

PARTNER, CUSTOMER, REVIEWER, SYSTEM = "partner", "customer", "reviewer", "system"

CATALOGUE: Final = (
    Kind(Event.CREATE, "A draft was made.", PARTNER, ("scopes",)),
    Kind(Event.EDIT, "Fields of the claim have changed, or its contact.", PARTNER, ("fields",)),
    Kind(Event.ATTACH, "A document was attached as proof.", PARTNER, ("document",)),
    Kind(Event.DETACH, "A document was taken out of the draft.", PARTNER, ("document",)),
    Kind(Event.ATTEST, "Somebody attested what a scanned document shows.", PARTNER, ("document", "attestation")),
    Kind(Event.ASK_TO_SIGN, "Somebody was asked to sign the proof online.", PARTNER),
    Kind(Event.SIGN, "The customer signed the proof online; the sealed document is attached.", CUSTOMER, ("document",)),
    Kind(Event.UPLOAD_SIGNED, "The customer uploaded the proof, signed by hand.", CUSTOMER, ("document",)),
    Kind(Event.DECLINE_SIGNATURE, "Whoever was asked to sign declined.", CUSTOMER),
    Kind(Event.DELEGATE_SIGNATURE, "Whoever was asked to sign named a colleague, who is asked now.", CUSTOMER),
    Kind(Event.SIGNATURE_OVERDUE, "Nobody signed in time; the request is over.", SYSTEM),
    Kind(
        Event.SUBMIT, "The claim was submitted, first or again: its scopes are held, its proof is screened.", PARTNER, ("round",)
    ),
    Kind(Event.HOLD_SUBMISSION, "The claim was to submit itself and could not.", SYSTEM, ("obstacles",)),
    Kind(Event.CONTEST, "The claim was submitted although others hold these of its scopes.", PARTNER, ("scopes",)),
    Kind(Event.WITHDRAW, "The partner gave the claim up.", PARTNER),
    Kind(Event.REOPEN, "A claim whose action was overdue goes on.", PARTNER),
    Kind(Event.DISPUTE, "The partner disputes the rejection: another reviewer looks at the claim.", PARTNER),
    Kind(Event.RESEND, "The customer is asked once more; earlier links are void.", PARTNER),
    Kind(Event.SCAN_CLEAN, "The malware scanner found nothing in documents of the claim.", SYSTEM, ("awaited",)),
    Kind(Event.SCAN_INFECTED, "The malware scanner found a virus.", SYSTEM, ("infected",)),
    Kind(Event.SCAN_LATE, "The malware scanner has not answered in time; it is still waited for.", SYSTEM),
    Kind(Event.CHALLENGE, "Another claim asks for these scopes; who asks is not told.", SYSTEM, ("scopes",)),
    Kind(Event.RELEASE, "Whoever held these scopes let them go, and the claim holds them now.", SYSTEM, ("scopes",)),
    Kind(Event.SCOPE_LOST, "These scopes went to another claim by a contest.", REVIEWER, ("scopes",)),
    Kind(Event.ARBITRATE_WON, "The contest was won: the claim is on record now.", REVIEWER, ("scopes", "scanConfirmed")),
    Kind(Event.ARBITRATE_LOST, "The contest was decided for those who held the scopes.", REVIEWER),
    Kind(Event.APPROVE, "A reviewer approved the claim.", REVIEWER, ("contactConfirmed", "scanConfirmed")),
    Kind(
        Event.REQUEST_ACTION, "A reviewer asks the partner to mend something, by a deadline.", REVIEWER, ("reasonCode", "round")
    ),
    Kind(Event.REJECT, "A reviewer rejected the claim; its scopes are free.", REVIEWER, ("reasonCode",)),
    Kind(Event.COMMENT, "Somebody left a remark; the timeline has it.", REVIEWER),
    Kind(Event.ASSIGN, "A reviewer took the review, gave it on or gave it back.", REVIEWER),
    Kind(Event.REVIEW_OVERDUE, "The review took longer than it may; it was escalated.", SYSTEM),
    Kind(Event.ACTION_WARNING, "The partner's time to act is running out.", SYSTEM),
    Kind(Event.ACTION_OVERDUE, "The partner did not act in time; the claim has expired.", SYSTEM),
    Kind(Event.MAIL_ACCEPTED, "The mail provider took a mail.", SYSTEM, ("mail",)),
    Kind(Event.MAIL_UNKNOWN, "Nobody knows whether a mail has left; it is not sent again by itself.", SYSTEM, ("mail", "code")),
    Kind(Event.MAIL_FAILED, "A mail could not be sent.", SYSTEM, ("mail", "code")),
    Kind(Event.DELIVERED, "A mail was delivered.", SYSTEM, ("mail",)),
    Kind(Event.BOUNCE, "A mail reached nobody: correct the contact.", SYSTEM, ("mail", "code")),
    Kind(Event.REPORT_UNKNOWN, "The customer does not know the partner: a reviewer looks into it.", CUSTOMER),
    Kind(Event.FORWARD, "Whom we asked named a colleague, who is asked now; links that were mailed are void.", CUSTOMER),
    Kind(Event.AGREE, "The customer answered; some of the claim goes on.", CUSTOMER, ("agreed", "refused")),
    Kind(Event.REFUSE, "The customer refused all that was left.", CUSTOMER, ("agreed", "refused")),
    Kind(
        Event.WINDOW_ENDED,
        "The time to answer is over: silence is no objection, or `reason` says why not.",
        SYSTEM,
        ("implied", "reason"),
    ),
    Kind(Event.DRAFT_IDLE, "Nobody touched the draft for so long that it has expired.", SYSTEM),
    Kind(Event.RESERVATION_OVER, "The claim held its scopes as long as it may without becoming active; it has expired.", SYSTEM),
    Kind(Event.UNDELIVERED, "The customer could not be asked in time; the claim has expired.", SYSTEM),
    Kind(Event.END, "An association ended; with its last the claim has ended, too.", CUSTOMER, ("scopes", "reason")),
    Kind(Event.ASK_FOR_LINK, "The customer asked for a new link to the page of its associations.", CUSTOMER),
    Kind(Event.FORGET, "The people whom the claim named were forgotten.", SYSTEM),
)
OF_WEBHOOKS: Final[Mapping[str, tuple[str, Mapping[str, Json]]]] = {
    WEBHOOK_TEST: ("You asked for a test event; it means nothing.", {}),
    WEBHOOK_DISABLED: (
        "A webhook is called no more: it answered 410 (`gone`), or took no call for five days (`failing`). Put it again.",
        {"reason": "failing"},
    ),
}
_CLAIM: Final = "a76f0cb6-f44b22682218f036ae1a"
_AT: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)


def names() -> tuple[str, ...]:
    """Every kind that the catalogue describes."""
    return (*(f"claim.{kind.event}" for kind in CATALOGUE), *OF_WEBHOOKS)


def example_of(name: str) -> dict[str, Json]:
    """An event of this kind, as it travels."""
    if name in OF_WEBHOOKS:
        return as_cloud_event(of_webhook(name, f"{name.rpartition('.')[2]}.5f0c1c7e", "portal", _AT, **OF_WEBHOOKS[name][1]))
    kind = next(each for each in CATALOGUE if f"claim.{each.event}" == name)
    data: dict[str, Json] = {"claimId": _CLAIM, "tenantId": "6f1d2c3b-4a59-4e68-8b7c-9d0e1f2a3b4c", "seq": 4}
    data |= {"actorKind": kind.actor, "facts": {fact: FACTS[fact].example for fact in kind.facts}}
    return as_cloud_event(Telling(f"{_CLAIM}.4", name, f"/v1/claims/{_CLAIM}", _CLAIM, _AT, data))


class Section(NamedTuple):
    """An event as both pages show it."""

    name: str
    when: str
    facts: tuple[tuple[str, str], ...]
    example: str


def sections() -> tuple[Section, ...]:
    """The catalogue in its order."""
    told = [(f"claim.{kind.event}", kind.when, kind.facts, "facts.") for kind in CATALOGUE]
    told += [(name, when, tuple(facts), "") for name, (when, facts) in OF_WEBHOOKS.items()]
    return tuple(
        Section(name, when, tuple((place + fact, FACTS[fact].meaning) for fact in facts), json.dumps(example_of(name), indent=2))
        for name, when, facts, place in told
    )


INTRODUCTION: Final = (
    "Events come from `GET /v1/events` and to webhooks, in the words of CloudEvents 1.0. `type` is the name; `id` is the same "
    "wherever and however often the event is told. More events and more facts may come: ignore what you do not know.",
    "`data` of an event `claim.…` names `claimId`, `tenantId`, `seq` (the entry of the claim's timeline), `actorKind` (whose "
    "side acted: `partner`, `customer`, `reviewer`, `operator` or `system`) and `facts`. Nothing in it is personal: words and "
    "people stand in the timeline only. "
    + " ".join(f"Any event may bear `facts.{name}`: {meaning}" for name, meaning in ON_ANY.items()),
)


def as_markdown() -> str:
    """The catalogue as a document, a section a kind."""
    head = ["# Events", "", "<!-- Made from functions/reference/event_catalogue.py by `make openapi`. -->"]
    lines = [*head, *(line for paragraph in INTRODUCTION for line in ("", paragraph))]
    for section in sections():
        lines += ["", f"## {section.name}", "", section.when]
        if section.facts:
            lines += ["", *(f"- `data.{name}`: {meaning}" for name, meaning in section.facts)]
        lines += ["", "```json", section.example, "```"]
    return "\n".join([*lines, ""])
