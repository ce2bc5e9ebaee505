"""HTTP through the local host: what a function sees of a request and a caller of an answer, and the platform's limits."""

import json
import os
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import quote

import pytest

from tests.local.conftest import Serve
from tests.local.hosted import Host, eventually, write_app

SOURCE = """
def told(req, **more):
    return func.HttpResponse(json.dumps({
        "method": req.method, "url": req.url, "headers": dict(req.headers), "query": dict(req.params),
        "route": dict(req.route_params), "body": req.get_body().decode("latin-1"), **more}), mimetype="application/json")

@app.route(route="claims/{claimId}")
async def one_claim(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, function="one_claim")

@app.route(route="claims/batch", methods=["POST"])
async def batch(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, function="batch")

@app.route(route="claims/{claimId}/events/{number:int}", methods=["GET"])
async def numbered(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, function="numbered")

@app.route(route="claims/{claimId}/events/{name}", methods=["GET"])
async def named(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, function="named")

@app.route(route="files/{*path}", methods=["GET"])
async def files(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, function="files")

@app.route(route="pages/{language?}", methods=["GET", "HEAD"])
async def pages(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, function="pages")

@app.route()
async def unrouted(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, function="unrouted")

@app.route(route="cookies")
async def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(b"\\x00\\xff", status_code=201, headers={"X-Mine": "yes"}, mimetype="application/octet-stream")
    response.headers.add("Set-Cookie", "a=1; Path=/deep; HttpOnly; SameSite=Lax; Max-Age=5")
    response.headers.add("Set-Cookie", "b=2")
    return response

@app.route(route="empty")
async def empty(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=204)

@app.route(route="plain")
async def plain(req: func.HttpRequest) -> str:
    return "grüß Gott"

@app.route(route="broken")
async def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("the password is swordfish")

@app.route(route="cancelled")
async def cancelled(req: func.HttpRequest) -> func.HttpResponse:
    raise asyncio.CancelledError

@app.route(route="framed")
async def framed(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("longer", headers={"Content-Length": "3"})

@app.route(route="split")
async def split(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("x", headers={"X-Split": req.get_body().decode()})

@app.route(route="sleep")
async def sleep(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(float(req.params["seconds"]))
    note("slept")
    return func.HttpResponse("slept")

@app.route(route="context")
async def context(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return func.HttpResponse(json.dumps([context.invocation_id, context.trace_context.trace_parent, context.function_name]))

@app.route(route="sync")
def sync(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(threading.current_thread().name)

@app.route(route="keyed", auth_level=func.AuthLevel.FUNCTION)
async def keyed(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")

@app.route(route="master", auth_level=func.AuthLevel.ADMIN)
async def master(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One host for every test that changes nothing in it; its size limit is small enough to reach."""
    app = write_app(tmp_path_factory.mktemp("http") / "app", os.environ, SOURCE)
    try:
        yield app.host("--max-request-bytes", "100000")
    finally:
        app.close()


def test_a_function_sees_the_request_as_it_was_sent(host: Host) -> None:
    body = bytes(range(256))
    told = host.call("PUT", "/api/claims/7?a=1&b=x%20y", body, {"X-Thing": "thing"}).json()
    assert (told["method"], told["route"], told["query"]) == ("PUT", {"claimId": "7"}, {"a": "1", "b": "x y"})
    assert told["url"] == f"http://127.0.0.1:{host.port}/api/claims/7?a=1&b=x%20y"
    assert told["headers"]["x-thing"] == "thing"
    assert told["body"].encode("latin-1") == body


def test_repeated_values_are_joined_and_empty_ones_left_out(host: Host) -> None:
    connection = HTTPConnection("127.0.0.1", host.port)
    connection.putrequest("GET", "/api/claims/7?a=1&a=2&A=3&empty=")
    for header in (("X-Many", "1"), ("X-Many", "2"), ("X-Empty", "")):
        connection.putheader(*header)
    connection.endheaders()
    told = json.loads(connection.getresponse().read())
    connection.close()
    assert told["query"] == {"a": "1,2,3"}
    assert told["headers"]["x-many"] == "1,2"
    assert "x-empty" not in told["headers"]


@pytest.mark.parametrize(
    ("method", "path", "function", "route"),
    [
        ("GET", "/api/claims/7", "one_claim", {"claimId": "7"}),
        ("POST", "/api/claims/batch", "batch", {}),
        ("GET", "/api/claims/batch", "one_claim", {"claimId": "batch"}),
        ("POST", "/API/Claims/Batch", "batch", {}),
        ("POST", "/api/claims/batch/", "batch", {}),
        ("GET", "/api/claims/a%20b%2Fc", "one_claim", {"claimId": "a b%2Fc"}),
        ("GET", "/api/claims/7/events/12", "numbered", {"claimId": "7", "number": "12"}),
        ("GET", "/api/claims/7/events/x", "named", {"claimId": "7", "name": "x"}),
        ("GET", "/api/files/a/b/c.pdf", "files", {"path": "a/b/c.pdf"}),
        ("GET", "/api/files", "files", {}),
        ("GET", "/api/pages", "pages", {}),
        ("GET", "/api/pages/de", "pages", {"language": "de"}),
        ("DELETE", "/api/unrouted", "unrouted", {}),
    ],
)
def test_a_path_leads_to_its_function(host: Host, method: str, path: str, function: str, route: dict[str, str]) -> None:
    told = host.call(method, path).json()
    assert (told["function"], told["route"]) == (function, route)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/api"),
        ("GET", "/claims/7"),
        ("GET", "/api/claims"),
        ("GET", "/api/claims//"),
        ("GET", "/api/claims/7/unknown"),
        ("POST", "/api/files/a"),
        ("HEAD", "/api/files/a"),
        ("OPTIONS", "/api/files/a"),
    ],
)
def test_a_wrong_path_or_method_is_404_without_a_word(host: Host, method: str, path: str) -> None:
    answer = host.call(method, path)
    assert (answer.status, answer.body) == (404, b"")


def test_head_is_answered_without_a_body_by_a_function_that_lists_it(host: Host) -> None:
    answer, full = host.call("HEAD", "/api/pages/de"), host.call("GET", "/api/pages/de")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.all("content-length")[0]) == len(full.body) + len("HEAD") - len("GET")


def test_status_headers_cookies_and_bytes_reach_the_caller(host: Host) -> None:
    answer = host.call("GET", "/api/cookies")
    assert (answer.status, answer.body) == (201, b"\x00\xff")
    assert answer.all("x-mine") == ["yes"]
    assert answer.all("content-type") == ["application/octet-stream"]
    first, second = answer.all("set-cookie")
    assert first.startswith("a=1; ")
    assert {part.strip().lower() for part in first.split(";")} == {"a=1", "path=/deep", "httponly", "samesite=lax", "max-age=5"}
    assert second == "b=2; Path=/"


def test_an_answer_may_be_empty_or_mere_text(host: Host) -> None:
    empty, plain = host.call("GET", "/api/empty"), host.call("GET", "/api/plain")
    assert (empty.status, empty.body) == (204, b"")
    assert (plain.status, plain.body.decode(), plain.all("content-type")) == (200, "grüß Gott", ["text/plain; charset=utf-8"])


def test_an_unhandled_error_shows_the_caller_nothing_and_the_log_everything(host: Host) -> None:
    answer = host.call("GET", "/api/broken")
    assert (answer.status, answer.body) == (500, b"")
    assert "swordfish" not in str(answer.headers)
    eventually(lambda: any("swordfish" in line for line in host.output), "a line in the log")


def test_a_cancellation_that_a_handler_lets_escape_is_an_error_like_any_other(host: Host) -> None:
    answer = host.call("GET", "/api/cancelled")
    assert (answer.status, answer.body) == (500, b"")
    assert host.call("GET", "/api/plain").status == 200


def test_the_length_told_is_the_length_sent_whatever_a_function_claims(host: Host) -> None:
    answer = host.call("GET", "/api/framed")
    assert (answer.all("content-length"), answer.body) == (["6"], b"longer")


def test_a_header_with_a_line_break_is_never_sent(host: Host) -> None:
    assert host.call("POST", "/api/split", b"fine").all("x-split") == ["fine"]
    answer = host.call("POST", "/api/split", b"a\r\nX-Forged: b")
    assert answer.status == 500
    assert answer.all("x-forged") == []


def test_a_caller_waits_no_longer_than_the_limit_while_the_function_goes_on(serve: Serve) -> None:
    app = serve(SOURCE)
    host = app.host("--http-timeout", "0.3")
    answer = host.call("GET", "/api/sleep?seconds=2")
    assert (answer.status, answer.body) == (504, b"")
    assert not app.notes("slept")
    app.wait_for_notes(1, "slept")


def test_a_request_beyond_the_limit_is_413_whether_its_length_is_told_or_not(host: Host) -> None:
    assert host.call("POST", "/api/claims/7", b"x" * 100_000).status == 200
    assert host.call("POST", "/api/claims/7", b"x" * 100_001).status == 413
    chunks = HTTPConnection("127.0.0.1", host.port)
    chunks.request("POST", "/api/claims/7", iter([b"x" * 60_000, b"x" * 60_000]), encode_chunked=True)
    assert chunks.getresponse().status == 413
    chunks.close()


def test_handlers_that_wait_do_not_wait_for_each_other(host: Host) -> None:
    begun = time.monotonic()
    with ThreadPoolExecutor(40) as callers:
        answers = list(callers.map(lambda _: host.call("GET", "/api/sleep?seconds=0.5"), range(40)))
    assert [answer.status for answer in answers] == [200] * 40
    # One after the other they would take 20 s.
    assert time.monotonic() - begun < 5


def test_many_requests_at_once_get_each_its_own_answer(host: Host) -> None:
    with ThreadPoolExecutor(32) as callers:
        answers = list(callers.map(lambda number: host.call("GET", f"/api/claims/{number}").json(), range(400)))
    assert [answer["route"]["claimId"] for answer in answers] == [str(number) for number in range(400)]


def test_plain_functions_run_in_threads(host: Host) -> None:
    assert host.call("GET", "/api/sync").body != b"MainThread"


def test_every_call_has_an_id_of_its_own_in_the_callers_trace(host: Host) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    first = host.call("GET", "/api/context", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"}).json()
    second = host.call("GET", "/api/context").json()
    assert first[0] != second[0]
    assert first[2] == "context"
    assert first[1].split("-")[1] == trace
    assert first[1].split("-")[2] != "b7ad6b7169203331"
    assert second[1].split("-")[1] not in (trace, "0" * 32)


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/keyed", None, 401),
        ("/api/keyed", "wrong", 401),
        ("/api/keyed", "schlüssel", 401),
        ("/api/keyed", "function", 200),
        ("/api/keyed", "master", 200),
        ("/api/master", None, 401),
        ("/api/master", "function", 401),
        ("/api/master", "master", 200),
    ],
)
def test_a_function_opens_to_its_keys_only(host: Host, path: str, key: str | None, status: int) -> None:
    by_header = host.call("GET", path, headers={"x-functions-key": key} if key else {})
    by_query = host.call("GET", f"{path}?code={quote(key)}" if key else path)
    assert (by_header.status, by_query.status) == (status, status)
    assert by_header.body == by_query.body == (b"in" if status == 200 else b"")


def test_an_empty_route_prefix_puts_routes_at_the_root(serve: Serve) -> None:
    host = serve(
        """
        @app.route(route="")
        async def root(req: func.HttpRequest) -> func.HttpResponse:
            return func.HttpResponse("root")

        @app.route(route="v1/things/{id}")
        async def thing(req: func.HttpRequest) -> func.HttpResponse:
            return func.HttpResponse(req.route_params["id"])
        """,
        {"extensions": {"http": {"routePrefix": ""}}},
    ).host()
    assert host.call("GET", "/").body == b"root"
    assert host.call("GET", "/v1/things/7").body == b"7"
    assert host.call("GET", "/api/v1/things/7").status == 404


def test_an_app_with_http_only_is_cheap_to_start(serve: Serve) -> None:
    app = serve(SOURCE)
    app.host().stop()  # Once before, so that byte code is there, as in a deployed package.
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    host = app.host()
    assert host.call("GET", "/api/claims/7").status == 200
    host.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor time, because a busy machine says nothing about us: 0.16 s when written, 0.4 s with storage clients.
    assert after.ru_utime - before.ru_utime < 0.8
