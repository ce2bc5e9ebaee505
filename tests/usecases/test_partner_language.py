"""A partner is written to in the language of its own profile, whatever its customers speak."""

from dataclasses import replace

from shared.domain.notice import MailKind
from tests.usecases.steps import agreed_and_approved
from tests.usecases.system import PARTNER, System


async def test_a_partner_is_written_to_in_its_own_language_and_its_customer_in_the_claim_s(system: System) -> None:
    """R-363"""
    await system.world.partners.enrol(replace(PARTNER, language="fr"))
    await agreed_and_approved(system)
    await system.settle()
    (approved,), (asked,) = system.letterbox.of(MailKind.APPROVED), system.letterbox.of(MailKind.CONSENT_REQUEST)
    assert (approved.language, asked.language) == ("fr", "en")
