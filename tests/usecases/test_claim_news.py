"""What is mailed when others move: both hear of a report, the loser of a contest which scopes, the customer which ones ended."""

from shared.domain.link import Purpose
from shared.domain.notice import MailKind
from shared.usecases import consent
from shared.usecases.consent import open_link
from tests.usecases.steps import active, ends
from tests.usecases.system import PARTNER, TEAMS, System, under_review
from tests.usecases.test_links import tokens


async def test_of_a_partner_that_is_not_known_both_are_told(system: System) -> None:
    """R-334: the customer in its own words, and with a way back; once, however often it is said."""
    await under_review(system)
    asked = system.letterbox.of(MailKind.CONSENT_REQUEST)[-1]
    for _ in range(2):
        opened = await open_link(system.world, tokens(system)[Purpose.CONSENT], Purpose.CONSENT)
        await consent.report_unknown(system.world, opened, "Who is that?")
        await system.settle()
    (receipt,) = system.letterbox.of(MailKind.DECISION_RECEIPT)
    assert (receipt.to_address, receipt.event, receipt.words) == (asked.to_address, "reported_unknown", "Who is that?")
    assert receipt.manage_link is not None
    (news,) = system.letterbox.of(MailKind.CLAIM_NEWS)
    assert (news.to_address, news.event, news.words) == (PARTNER.mail, "reported_unknown", "Who is that?")
    assert (news.manage_link, news.link, news.check_at) == (None, None, None)


async def test_a_mail_about_an_end_names_what_ended_and_no_other(system: System) -> None:
    """R-336"""
    await active(system)
    await ends(system, TEAMS)(system.world)
    await system.settle()
    (ended,) = system.letterbox.of(MailKind.ASSOCIATION_ENDED)
    assert ended.workloads == ("Microsoft Teams",)


async def test_every_letter_to_the_customer_names_the_page_that_tells_whether_it_is_real(system: System) -> None:
    """R-335: and none to a partner does, whom that page knows nothing of."""
    await active(system)
    await ends(system, TEAMS)(system.world)
    await system.settle()
    addressed = {letter.check_at for letter in system.letterbox.letters if letter.to_address != PARTNER.mail}
    assert len(addressed) == 1
    assert str(addressed.pop()).endswith("/check")
    assert {letter.check_at for letter in system.letterbox.letters if letter.to_address == PARTNER.mail} == {None}
