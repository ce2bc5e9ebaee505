"""The routes as a whole: each address leads to one function, and says in its spelling what the API's conventions say."""

import re
from collections.abc import Sequence
from itertools import combinations

import pytest

from infra.local.host.routes import Segment, parse
from tests.architecture.routes import http_routes

LITERAL = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*(\.json)?")
PARAMETER = re.compile(r"[a-z]+([A-Z][a-z]+)*")


def overlap(one: str, other: str) -> bool:
    """Is there a path that both templates match? Whatever a parameter is restricted to, it counts as matching anything."""
    return _overlap(parse(one, "one"), parse(other, "other"))


def _overlap(one: Sequence[Segment], other: Sequence[Segment]) -> bool:
    if not one or not other:
        return all(segment.optional for segment in (*one, *other))
    if one[0].rest or other[0].rest:
        return True
    skips_one = one[0].optional and _overlap(one[1:], other)
    skips_other = other[0].optional and _overlap(one, other[1:])
    meet = bool(one[0].name or other[0].name) or one[0].literal.lower() == other[0].literal.lower()
    return skips_one or skips_other or (meet and _overlap(one[1:], other[1:]))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("v1/claims", "v1/claims", True),
        ("v1/claims", "v1/Claims", True),
        ("v1/claims/{claimId}", "v1/claims/batch", True),
        ("v1/claims/{claimId}/poe", "v1/{noun}/x/poe", True),
        ("v1/{*rest}", "v1/claims/x/y", True),
        ("v1/{rest?}", "v1", True),
        ("v1/claims/{id:int}", "v1/claims/{name:alpha}", True),
        ("v1/claims", "v1/claims/{claimId}", False),
        ("v1/claims/{claimId}/submit", "v1/claims/{claimId}/withdraw", False),
        ("v1/claims/{claimId}", "v1/reviews/{claimId}", False),
    ],
)
def test_two_templates_overlap_when_a_path_matches_both(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


def test_no_two_routes_overlap() -> None:
    routes = http_routes()
    overlapping = [
        f"{one.function} and {other.function}: {one.template}, {other.template}"
        for one, other in combinations(routes, 2)
        if one.methods & other.methods and overlap(one.template, other.template)
    ]
    assert overlapping == []
    assert len(routes) >= 20, "the routes were not found, so nothing was compared"


def test_a_route_is_spelt_as_the_api_is() -> None:
    misspelt = [
        f"{route.function}: {route.template}"
        for route in http_routes()
        for segment in parse(route.template, route.function)
        if not (PARAMETER.fullmatch(segment.name) if segment.name else LITERAL.fullmatch(segment.literal))
    ]
    assert misspelt == []


NOT_A_PAGE = ("v1/", "health", "ready", "openapi.json", "docs")


def test_every_page_that_can_be_read_can_be_asked_for_its_head() -> None:
    """Mail scanners ask with HEAD first; an answer that GET has and HEAD lacks looks like a dead link."""
    pages = [route for route in http_routes() if not route.template.startswith(NOT_A_PAGE) and "GET" in route.methods]
    assert [route.template for route in pages if "HEAD" not in route.methods] == []
    assert pages
