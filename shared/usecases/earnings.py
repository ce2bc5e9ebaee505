"""Why a milestone is earned or not, as its partner sees it. Reads only."""

from dataclasses import dataclass

from shared.domain.association import WORKLOAD_SCOPE, Association
from shared.domain.errors import NotFound
from shared.domain.evaluation import enrolled_in
from shared.domain.explain import Explanation, explain
from shared.domain.partner import Partner
from shared.domain.programme import Programme
from shared.domain.programme_versions import Versions
from shared.domain.usage import UsageHistory
from shared.ports.world import MoneyWorld
from shared.usecases.evaluation import KnownEnrolments
from shared.usecases.moves import owned_by


@dataclass(frozen=True, slots=True)
class ExplainedProgramme:
    """Every milestone that a programme has for the association's workload."""

    programme: Programme
    milestones: tuple[Explanation, ...]


async def explain_association(world: MoneyWorld, partner: Partner, wanted_id: str) -> tuple[ExplainedProgramme, ...]:
    """Why each milestone is earned or not, in the claim's own programme and in all others that the tenure saw (R-92).

    Raises NotFound for an association that is not the partner's.
    """
    claim_id, _, workload = wanted_id.partition(".")
    claim = owned_by(partner.partner_id, (await world.records.claim(claim_id)).claim)
    if WORKLOAD_SCOPE + workload not in {each.scope for each in claim.scopes}:
        raise NotFound
    account = await world.ledger.account(claim.tenant_id, workload)
    tenures = [each.tenure for each in account.tenures]
    tenure = next((each for each in tenures if each.claim_id == claim_id), None)
    if tenure is None:
        raise NotFound
    history = account.usage.history if account.usage is not None else UsageHistory(claim.tenant_id, workload)
    enrolments = await KnownEnrolments(world).of(each.partner_id for each in tenures)
    return tuple(
        ExplainedProgramme(
            world.programmes.programme(versions.programme_id),
            explain(versions, history, tenures, tenure, enrolled_in(versions.programme_id, tenures, enrolments)),
        )
        for versions in world.programmes.all_versions()
        if versions.milestones_of(workload) and (versions.programme_id == claim.programme_id or _saw(tenure, versions))
    )


def _saw(tenure: Association, versions: Versions) -> bool:
    """Whether any day of a version's term fell into the tenure."""
    return any(_overlaps(tenure, each.programme) for each in versions.all)


def _overlaps(tenure: Association, programme: Programme) -> bool:
    begun_in_time = tenure.active_from.date() <= programme.last_day
    return begun_in_time and (tenure.ended_at is None or programme.first_day <= tenure.ended_at.date())
