"""A programme that would pay wrongly is found out before it is published, with everything that is wrong."""

from dataclasses import replace
from datetime import date

import pytest

from shared.domain.policy import Policy
from shared.domain.programme import HelpDesk, Milestone, Programme, Rate, Size, Workload, digest
from shared.domain.programme_check import Fault, FaultCode, FaultyProgramme, check
from tests.domain.earning_builders import PROGRAMME

TEAMS, EXCHANGE = PROGRAMME.workloads
XS, S, M, L = PROGRAMME.sizes


def faults(programme: Programme) -> set[tuple[str, str]]:
    return {(fault.code.value, fault.where) for fault in check(programme)}


def test_a_sound_programme_has_no_fault() -> None:
    """R-70"""
    assert check(PROGRAMME) == ()


def with_workloads(*workloads: Workload) -> Programme:
    return replace(PROGRAMME, workloads=workloads)


def with_sizes(*sizes: Size) -> Programme:
    return replace(PROGRAMME, sizes=sizes)


def with_rate(rate: Rate) -> Programme:
    return replace(PROGRAMME, rates=(*PROGRAMME.rates, rate))


def with_milestone(milestone: Milestone) -> Programme:
    return replace(PROGRAMME, milestones=(*PROGRAMME.milestones, milestone))


def with_help(*desks: HelpDesk) -> Programme:
    return replace(PROGRAMME, help=desks)


def test_each_country_has_its_own_help_and_the_others_have_none() -> None:
    programme = with_help(HelpDesk("DE", "hilfe@record.example"), HelpDesk("FR", "aide@record.example"))
    assert check(programme) == ()
    assert programme.help_for("DE") == "hilfe@record.example"
    assert programme.help_for("FR") == "aide@record.example"
    assert programme.help_for("NL") is None


def with_policy(policy: Policy) -> Programme:
    return replace(PROGRAMME, policy=policy)


FAULTY: list[tuple[Programme, FaultCode, str]] = [
    (replace(PROGRAMME, programme_id="Spring!"), FaultCode.MALFORMED_ID, "programme_id"),
    (replace(PROGRAMME, currency="eur"), FaultCode.MALFORMED_CURRENCY, "currency"),
    (replace(PROGRAMME, currency="EURO"), FaultCode.MALFORMED_CURRENCY, "currency"),
    (replace(PROGRAMME, last_day=date(2025, 12, 31)), FaultCode.TERM_REVERSED, "last_day"),
    (replace(PROGRAMME, version=0), FaultCode.OUT_OF_RANGE, "version"),
    (replace(PROGRAMME, minimum_seats=-1), FaultCode.OUT_OF_RANGE, "minimum_seats"),
    (replace(PROGRAMME, minimum_payout_minor=-1), FaultCode.OUT_OF_RANGE, "minimum_payout_minor"),
    (replace(PROGRAMME, correction_window_days=10**9), FaultCode.OUT_OF_RANGE, "correction_window_days"),
    (replace(PROGRAMME, baseline_window_days=-1), FaultCode.OUT_OF_RANGE, "baseline_window_days"),
    (replace(PROGRAMME, holding_days=-1), FaultCode.OUT_OF_RANGE, "holding_days"),
    (with_workloads(replace(TEAMS, workload_id="te!ams"), EXCHANGE), FaultCode.MALFORMED_ID, "workloads.te!ams"),
    (with_workloads(TEAMS, EXCHANGE, TEAMS), FaultCode.DUPLICATE, "workloads.teams"),
    (with_workloads(TEAMS, replace(EXCHANGE, aliases=("msteams",))), FaultCode.DUPLICATE, "aliases.msteams"),
    (with_workloads(TEAMS, replace(EXCHANGE, thresholds=(15, 40))), FaultCode.MISSING_MILESTONE, "workloads.exchange.40"),
    (with_workloads(replace(TEAMS, thresholds=(40, 15, 60)), EXCHANGE), FaultCode.UNORDERED, "workloads.teams"),
    (with_workloads(TEAMS, replace(EXCHANGE, thresholds=(15, 101))), FaultCode.OUT_OF_RANGE, "workloads.exchange"),
    (with_workloads(TEAMS), FaultCode.UNKNOWN_WORKLOAD, "milestones.exchange-15"),
    (with_workloads(TEAMS), FaultCode.UNKNOWN_WORKLOAD, "rates.M.exchange.15"),
    (with_milestone(Milestone("Teams 80", "teams", 15)), FaultCode.MALFORMED_ID, "milestones.Teams 80"),
    (with_milestone(Milestone("teams-15", "teams", 15)), FaultCode.DUPLICATE, "milestones.teams-15"),
    (with_milestone(Milestone("teams-first", "teams", 15)), FaultCode.DUPLICATE, "milestones.teams:15"),
    (with_milestone(Milestone("exchange-40", "exchange", 40)), FaultCode.THRESHOLD_MISMATCH, "milestones.exchange-40"),
    (with_milestone(Milestone("yammer-15", "yammer", 15)), FaultCode.UNKNOWN_WORKLOAD, "milestones.yammer-15"),
    (with_help(HelpDesk("de", "help@record.example")), FaultCode.MALFORMED_COUNTRY, "help.de"),
    (with_help(HelpDesk("DE", "help@record.example?cc=x@evil.example")), FaultCode.MALFORMED_ADDRESS, "help.DE"),
    (with_help(HelpDesk("DE", "a@b.example"), HelpDesk("DE", "c@b.example")), FaultCode.DUPLICATE, "help.DE"),
    (with_sizes(), FaultCode.SIZES_BOUNDED, "sizes"),
    (with_sizes(XS, S, M, replace(L, max_seats=9999)), FaultCode.SIZES_BOUNDED, "sizes"),
    (with_sizes(XS, S, replace(M, min_seats=1001), L), FaultCode.SIZES_GAP, "sizes.M"),
    (with_sizes(XS, S, replace(M, min_seats=999), L), FaultCode.SIZES_OVERLAP, "sizes.M"),
    (with_sizes(XS, M, S, L), FaultCode.SIZES_OVERLAP, "sizes.S"),
    (with_sizes(XS, S, replace(M, max_seats=None), L), FaultCode.SIZES_OVERLAP, "sizes.L"),
    (with_sizes(replace(XS, min_seats=0), S, M, L), FaultCode.OUT_OF_RANGE, "sizes.XS"),
    (with_sizes(replace(XS, max_seats=5), S, M, L), FaultCode.OUT_OF_RANGE, "sizes.XS"),
    (with_sizes(XS, S, M, replace(L, name="M")), FaultCode.DUPLICATE, "sizes.M"),
    (with_sizes(XS, S, replace(M, thresholds=(15, 40, 60)), L), FaultCode.MISSING_RATE, "rates.M.teams.60"),
    (replace(PROGRAMME, rates=PROGRAMME.rates[1:]), FaultCode.MISSING_RATE, "rates.XS.teams.15"),
    (with_rate(PROGRAMME.rates[0]), FaultCode.DUPLICATE, "rates.XS:teams:15"),
    (with_rate(Rate("XXL", "teams", 15, 1)), FaultCode.UNKNOWN_SIZE, "rates.XXL.teams.15"),
    (with_rate(Rate("S", "teams", 40, 1)), FaultCode.THRESHOLD_MISMATCH, "rates.S.teams.40"),
    (with_rate(Rate("L", "exchange", 40, 1)), FaultCode.THRESHOLD_MISMATCH, "rates.L.exchange.40"),
    (replace(PROGRAMME, rates=(replace(PROGRAMME.rates[0], amount_minor=0), *PROGRAMME.rates[1:])), FaultCode.OUT_OF_RANGE,
     "rates.XS.teams.15"),
    (with_policy(Policy(review_business_days=0)), FaultCode.OUT_OF_RANGE, "policy.review_business_days"),
    (with_policy(Policy(reservation_days=10**6)), FaultCode.OUT_OF_RANGE, "policy.reservation_days"),
    (with_policy(Policy(contact_retention_days=30)), FaultCode.OUT_OF_RANGE, "policy.contact_retention_days"),
    (with_policy(Policy(reminder_after_days=14)), FaultCode.OUT_OF_RANGE, "policy.reminder_after_days"),
    (with_policy(Policy(action_warnings_business_days=(5, 1))), FaultCode.OUT_OF_RANGE, "policy.action_warnings_business_days"),
]  # fmt: skip


@pytest.mark.parametrize(("programme", "code", "where"), FAULTY, ids=[f"{code} {where}" for _, code, where in FAULTY])
def test_a_fault_is_named_and_located(programme: Programme, code: FaultCode, where: str) -> None:
    """R-70"""
    assert (code.value, where) in faults(programme)


def test_all_faults_are_found_at_once() -> None:
    """R-70"""
    broken = replace(PROGRAMME, currency="?", version=0, minimum_seats=-1)
    assert faults(broken) == {("malformed_currency", "currency"), ("out_of_range", "version"), ("out_of_range", "minimum_seats")}


def test_a_faulty_programme_names_its_faults_in_a_sentence() -> None:
    """R-70"""
    refusal = FaultyProgramme([Fault(FaultCode.SIZES_GAP, "sizes.M")])
    assert refusal.sentence == "The programme is faulty: sizes_gap at sizes.M"


def test_the_digest_ignores_the_order_of_lists_and_notices_everything_else() -> None:
    """R-71"""
    reordered = replace(
        PROGRAMME,
        rates=PROGRAMME.rates[::-1],
        workloads=PROGRAMME.workloads[::-1],
        milestones=PROGRAMME.milestones[::-1],
    )
    assert digest(reordered) == digest(PROGRAMME)
    changed = [
        replace(PROGRAMME, version=2),
        replace(PROGRAMME, last_day=date(2026, 7, 1)),
        replace(PROGRAMME, rates=(replace(PROGRAMME.rates[0], amount_minor=101), *PROGRAMME.rates[1:])),
        replace(PROGRAMME, policy=Policy(answer_required=True)),
        with_sizes(XS, S, M, replace(L, thresholds=(15, 40, 60))),
    ]
    assert len({digest(each) for each in [PROGRAMME, *changed]}) == len(changed) + 1


def test_the_digest_is_the_same_everywhere_and_always() -> None:
    """R-71"""
    assert digest(PROGRAMME) == digest(replace(PROGRAMME))
    assert len(digest(PROGRAMME)) == 64


def test_names_lead_to_workloads_whatever_their_case() -> None:
    """R-43"""
    assert PROGRAMME.aliases() == {
        "teams": "teams",
        "microsoft teams": "teams",
        "msteams": "teams",
        "exchange": "exchange",
        "exchange online": "exchange",
        "exo": "exchange",
    }
