"""What a customer's form means, or what is wrong with it, field by field. Pure: nothing is looked up and nothing is stored.

A form that could mean two things means neither: consent is never guessed. Who may answer is decided elsewhere.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shared.domain.wording import own_words, phrase

REASON_LIMIT = 500
# More than any browser sends for a reason at its limit; what exceeds it is not kept to be shown again.
_ECHO_LIMIT = 2000
_NOTHING_OPEN = phrase("There is nothing left to answer here: it was settled in the meantime. Nothing was changed.")
NOT_OPEN = phrase("This is not open any more: it was ended or answered in the meantime. Nothing was changed.")
_REWORDED = phrase("The words of this page have changed since you opened it. Please read them once more.")
UNSURE = phrase("Tick the box, so that we know that a person decides.")
_NO_FACTS: Mapping[str, int] = MappingProxyType({})

type Form = Mapping[str, Sequence[str]]


class Choice(StrEnum):
    """The four answers to the page's one question."""

    AGREE = "agree"
    REFUSE = "refuse"
    CHOOSE = "choose"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """What a customer may say about one workload."""

    AGREE = "agree"
    REFUSE = "refuse"


class EndReason(StrEnum):
    """Why a customer ends an association; it never has to say."""

    UNSAID = "unsaid"
    WORK_ENDED = "work_ended"
    CHANGED_PARTNER = "changed_partner"
    NEVER_AGREED = "never_agreed"
    UNKNOWN_PARTNER = "unknown_partner"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FormFault:
    """One thing to correct: the form's field and a sentence for the person, to be translated before its facts are put in."""

    field: str
    message: str
    facts: Mapping[str, int] = _NO_FACTS


type FormFaults = tuple[FormFault, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer for every open scope; `reported_unknown` comes with none, and asks for a person instead."""

    answers: tuple[tuple[str, Answer], ...]
    reason: str | None = None
    reported_unknown: bool = False


@dataclass(frozen=True, slots=True)
class EndAssociation:
    """The customer ends one association."""

    association_id: str
    reason: EndReason
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RefuseRequest:
    """The customer refuses every workload of an open claim."""

    claim_id: str
    note: str | None = None


def parse_decision(
    form: Form, scopes: Collection[str], *, may_report_unknown: bool = False, has_read: bool = True
) -> Decision | FormFaults:
    """Read the consent page's form for the claim's open scopes. Nobody agrees that has not read the words as they are now
    (`has_read`); a refusal counts whatever was read (R-330).

    "Agree to all" and "refuse all" mean every scope, whatever was ticked below before; "choose" needs an answer for each.
    """
    if not scopes:
        return (FormFault("", _NOTHING_OPEN),)
    faults: list[FormFault] = []
    choice = one_of(Choice, form.get("choice", ()))
    if choice is None or (choice is Choice.UNKNOWN and not may_report_unknown):
        faults.append(FormFault("choice", phrase("Choose an answer.")))
    answers: list[tuple[str, Answer]] = []
    if choice is Choice.CHOOSE:
        for scope in scopes:
            answer = one_of(Answer, form.get(f"scope.{scope}", ()))
            if answer is None:
                faults.append(FormFault(f"scope.{scope}", phrase("Agree or refuse for this workload.")))
            else:
                answers.append((scope, answer))
    elif choice in {Choice.AGREE, Choice.REFUSE}:
        answers = [(scope, Answer(choice)) for scope in scopes]
    reason = text_in(form, "reason", faults)
    if not has_read and any(answer is Answer.AGREE for _, answer in answers):
        faults.append(FormFault("", _REWORDED))
    if faults:
        return tuple(faults)
    return Decision(tuple(answers), reason, reported_unknown=choice is Choice.UNKNOWN)


def parse_manage(
    form: Form, associations: Collection[str], claims: Collection[str]
) -> EndAssociation | RefuseRequest | FormFaults:
    """Read one of the manage page's forms, for what the customer may end (association ids) or refuse (claim ids)."""
    faults: list[FormFault] = []
    association, claim = (_one_within(known, form.get(field, ())) for field, known in (("end", associations), ("refuse", claims)))
    target = association or claim
    if target is None or (association and claim):
        return (FormFault("", NOT_OPEN),)
    if not is_sure(form):
        faults.append(FormFault(f"sure.{target}", UNSURE))
    note = text_in(form, "note", faults, shown_at=f"note.{target}")
    if faults:
        return tuple(faults)
    if association:
        return EndAssociation(association, one_of(EndReason, form.get("reason", ())) or EndReason.UNSAID, note)
    return RefuseRequest(target, note)


def is_sure(form: Form) -> bool:
    """Was the box ticked that nothing but a person ticks? Mail scanners send forms as they stand, and press buttons (R-344)."""
    return list(form.get("sure", ())) == ["yes"]


def entered_text(form: Form, field: str) -> str:
    """What was typed, to be shown again beside its fault, and as clean as it would have been kept."""
    return own_words("\n".join(form.get(field, ())), _ECHO_LIMIT, keep_links=True)


def one_of[Member: StrEnum](kind: type[Member], values: Sequence[str]) -> Member | None:
    """The one member meant; two different values, or an unknown one, mean none."""
    only = values[0] if len(set(values)) == 1 else None
    return kind(only) if only in set(kind) else None


def text_in(form: Form, field: str, faults: list[FormFault], shown_at: str | None = None) -> str | None:
    """What was typed into a field for words, None for nothing; a fault where it is too long."""
    raw = "\n".join(form.get(field, ())).replace("\r\n", "\n").strip()
    if len(raw) > REASON_LIMIT:
        too_long = phrase("Shorten your text to %(limit)s characters; it has %(length)s.")
        faults.append(FormFault(shown_at or field, too_long, {"limit": REASON_LIMIT, "length": len(raw)}))
    return own_words(raw, REASON_LIMIT, keep_links=True) or None


def _one_within(known: Collection[str], values: Sequence[str]) -> str | None:
    return values[0] if len(set(values)) == 1 and values[0] in known else None
