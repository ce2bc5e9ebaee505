"""Spellings and ids: one customer, one spelling, one bucket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidInput
from shared.domain.identity import (
    BUCKETS,
    bucket_in,
    bucket_of,
    digest_of,
    domain_name,
    is_claim_id,
    new_claim_id,
    partner_id,
    tenant_id,
)

TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"


def test_a_tenant_id_has_one_spelling() -> None:
    """R-83."""
    assert tenant_id(TENANT.upper()) == TENANT


@pytest.mark.parametrize(
    "text", ["", "contoso.com", TENANT.replace("-", ""), f"{{{TENANT}}}", f"urn:uuid:{TENANT}", TENANT[:-1], f" {TENANT}"]
)
def test_what_is_no_tenant_id_is_refused(text: str) -> None:
    """R-83: another spelling of a known GUID would be another customer to the store."""
    with pytest.raises(InvalidInput) as refusal:
        tenant_id(text)
    assert refusal.value.field == "tenantId"


@pytest.mark.parametrize(
    ("text", "spelt"),
    [("Contoso.COM", "contoso.com"), (" contoso.com. ", "contoso.com"), ("bücher.example", "xn--bcher-kva.example")],
)
def test_a_domain_has_one_spelling(text: str, spelt: str) -> None:
    """R-83."""
    assert domain_name(text) == spelt


@pytest.mark.parametrize(
    "text", ["", "contoso", "-a.com", "a-.com", "a..com", "a b.com", "a/b.com", "a.com#x", f"{'a' * 64}.com", "a." * 130 + "com"]
)
def test_what_is_no_domain_is_refused(text: str) -> None:
    """R-83: nothing that a key or a link could misread."""
    with pytest.raises(InvalidInput):
        domain_name(text)


@pytest.mark.parametrize("text", ["123", "1234567890123", "12345a", "", "١٢٣٤٥", "1234\n"])
def test_what_is_no_partner_id_is_refused(text: str) -> None:
    """R-83."""
    with pytest.raises(InvalidInput):
        partner_id(text)
    assert partner_id("1000001") == "1000001"


@given(st.uuids().map(str), st.sampled_from(["1000001", "2000002"]), st.text(max_size=40))
def test_a_claim_id_leads_to_its_customers_bucket(tenant: str, partner: str, key: str) -> None:
    """R-83: so a claim is one point read."""
    claim_id = new_claim_id(tenant, partner, key)
    assert is_claim_id(claim_id)
    assert claim_id.startswith(digest_of(tenant))
    assert bucket_in(claim_id) == bucket_of(tenant)
    assert bucket_of(tenant) in BUCKETS


def test_the_same_call_makes_the_same_claim_and_any_other_another() -> None:
    """R-83: trying again after a crash is safe."""
    calls = [
        (TENANT, "1000001", "k"),
        (TENANT, "1000001", "l"),
        (TENANT, "2000002", "k"),
        (TENANT.replace("0", "1"), "1000001", "k"),
    ]
    assert new_claim_id(*calls[0]) == new_claim_id(*calls[0])
    assert len({new_claim_id(*call) for call in calls}) == len(calls)


def test_the_parts_of_a_call_cannot_be_shifted_into_one_another() -> None:
    """R-83."""
    assert new_claim_id(TENANT, "1000001", "1\nk") != new_claim_id(TENANT, "10000011", "k")


@pytest.mark.parametrize(
    "text", ["", "../claims", "c1a1b2c3-0000000000000000000g", "C1A1B2C3-00000000000000000001", "c1a1b2c3-00000000000000000001\n"]
)
def test_what_has_not_the_form_of_a_claim_id_is_never_looked_up(text: str) -> None:
    """R-83."""
    assert not is_claim_id(text)
