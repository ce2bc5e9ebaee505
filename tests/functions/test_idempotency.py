"""A key makes one claim, whatever its characters and however many use it at once; a customer has one spelling."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.functions.running import EXCHANGE, TEAMS, Answer, Caller, Running, claim_for, partner_name

pytestmark = pytest.mark.system
AT_ONCE = 64


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


@pytest.fixture(scope="module")
def rival(running: Running) -> Caller:
    return running.partner()


def asked_until_told(caller: Caller, tenant: str, key: str, *, with_proof: bool) -> Answer:
    """Asks, and again for as long as it is told to come back."""
    for _ in range(100):
        answer = caller.submit_at_once(tenant, key=key) if with_proof else caller.create_claim(claim_for(tenant), key=key)
        if answer.status not in (409, 503) or "retry-after" not in answer.headers:
            return answer
    raise AssertionError("it leads to no answer")


@pytest.mark.parametrize("with_proof", [False, True], ids=["a draft", "with its proof"])
def test_sixty_four_at_once_with_one_key_make_one_claim(partner: Caller, with_proof: bool) -> None:
    """R-251, R-312: every answer is the first one, or leads to it."""
    tenant, key = str(uuid4()), str(uuid4())
    partner.running.proof(tenant, partner_name(partner.partner_id))  # Made once, and not by many at once.
    with ThreadPoolExecutor(AT_ONCE) as callers:
        answers = list(callers.map(lambda _: asked_until_told(partner, tenant, key, with_proof=with_proof), range(AT_ONCE)))
    assert Counter(answer.status for answer in answers) == {202 if with_proof else 201: AT_ONCE}
    assert len({answer.content for answer in answers}) == 1
    assert len(partner.get(f"/v1/customers/{tenant}").document["claims"]) == 1


STRANGE = ("a/b", "a\\b", "a#b", "a?b", "a'b", "a%2Fb", "a!b", "a b", "a~", "' or 1 eq 1")


def test_strange_characters_in_keys_name_calls_of_their_own(partner: Caller) -> None:
    """A key is hashed before it is a part of any row's name."""
    run, wanted = uuid4().hex, claim_for(str(uuid4()))
    made = {key: partner.create_claim(wanted, key=f"{run}{key}") for key in STRANGE}
    assert {answer.status for answer in made.values()} == {201}
    assert len({answer.document["claimId"] for answer in made.values()}) == len(STRANGE)
    for key, answer in made.items():
        assert partner.create_claim(wanted, key=f"{run}{key}").content == answer.content


@pytest.mark.parametrize("length", [256, 1_025])
def test_a_key_that_is_too_long_is_refused(partner: Caller, length: int) -> None:
    answer = partner.create_claim(key="k" * length)
    assert (answer.status, answer.code) == (400, "idempotency_key_invalid")


def test_another_customer_or_another_body_under_the_same_key_is_another_request(partner: Caller, rival: Caller) -> None:
    tenant, key = str(uuid4()), str(uuid4())
    assert partner.submit_at_once(tenant, key=key).status == 202
    for other in (partner.submit_at_once(str(uuid4()), key=key), partner.create_claim(claim_for(tenant), key=key)):
        assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert rival.submit_at_once(str(uuid4()), key=key).status == 202


def test_another_customer_under_the_key_of_a_draft_is_another_request(partner: Caller) -> None:
    """The two are kept in different places: only what is noted of the caller's own keys tells."""
    tenant, key = str(uuid4()), str(uuid4())
    assert partner.create_claim(claim_for(tenant), key=key).status == 201
    others = [str(uuid4()) for _ in range(3)]
    assert {partner.create_claim(claim_for(each), key=key).code for each in others} == {"idempotency_key_reused"}
    assert all(partner.get(f"/v1/customers/{each}").status == 404 for each in others)


def test_two_partners_may_use_the_same_key_for_the_same_customer(partner: Caller, rival: Caller) -> None:
    tenant, key = str(uuid4()), str(uuid4())
    mine = partner.submit_at_once(tenant, TEAMS, key=key)
    theirs = rival.create_claim(claim_for(tenant, EXCHANGE), key=key)
    assert (mine.status, theirs.status) == (202, 201)
    for caller, answer in ((partner, mine), (rival, theirs)):
        withdrawn = caller.post(f"/v1/claims/{answer.document['claimId']}/withdraw", Idempotency_Key=f"{key}-again")
        assert (withdrawn.status, withdrawn.document["status"]) == (200, "withdrawn")


def test_a_tenant_is_one_customer_in_every_spelling(partner: Caller, rival: Caller) -> None:
    """R-83, R-03: capitals make no second scope to hold."""
    tenant = str(uuid4())
    assert partner.submit_at_once(tenant, TEAMS).status == 202
    second = rival.submit_at_once(tenant.upper(), TEAMS)
    assert (second.status, second.code) == (409, "scope_taken")


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("FABRIKAM.Example", "fabrikam.example"),
        ("fabrikam.example.", "fabrikam.example"),
        ("f\u0430brikam.example", "xn--fbrikam-2fg.example"),
        ("\uff46abrikam.example", "fabrikam.example"),
    ],
    ids=["capitals", "a dot behind", "a Cyrillic letter", "a wide letter"],
)
def test_a_domain_has_one_spelling_and_a_look_alike_another(partner: Caller, said: str, stored: str) -> None:
    """R-83"""
    wanted = claim_for(str(uuid4()))
    wanted["customer"]["domain"] = said
    assert partner.create_claim(wanted).document["domain"] == stored
