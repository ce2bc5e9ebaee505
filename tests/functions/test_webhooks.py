"""Webhooks over HTTP, in the running system: from the queue to a receiver on this machine."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.functions.running import Caller, Running
from tests.functions.test_claim_lists import until
from tests.receiver import Received
from tests.usecases.test_webhooks import OTHER_SECRET, SECRET, is_signed

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


@pytest.fixture
def portal() -> Iterator[tuple[str, list[Received]]]:
    """A receiver's address, and what it has received."""
    received: list[Received] = []

    class Portal(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Portal) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/events", received
        server.shutdown()
        thread.join()


def webhook(url: str, *events: str) -> dict[str, Any]:
    return {"url": url, "events": list(events), "secrets": [SECRET]}


def test_a_portal_is_called_for_what_happens_to_its_partners_claims(partner: Caller, portal: tuple[str, list[Received]]) -> None:
    """R-286"""
    url, received = portal
    made = partner.put("/v1/webhooks/portal", webhook(url, "claim.created", "webhook.test"))
    assert made.document == {
        "name": "portal", "url": url, "events": ["claim.created", "webhook.test"], "secretCount": 1,
    }  # fmt: skip
    tested = partner.post("/v1/webhooks/portal/test")
    claim_id = partner.draft()
    until(lambda: len(received) == 2)
    by_id = {one.headers["webhook-id"]: one for one in received}
    assert by_id.keys() == {tested.document["eventId"], f"{claim_id}.1"}
    assert all(is_signed(one, SECRET) and not is_signed(one, OTHER_SECRET) for one in received)
    assert json.loads(by_id[f"{claim_id}.1"].body) in partner.get("/v1/events").document["value"]
    until(lambda: len(partner.get("/v1/webhooks/portal/deliveries").document["value"]) == 2)
    sent = partner.get("/v1/webhooks/portal/deliveries?maxpagesize=1").document
    assert sent["value"][0]["fate"] == "delivered"
    assert "nextLink" in sent
    again = partner.post(f"/v1/webhooks/portal/deliveries/{sent['value'][0]['deliveryId']}/replay")
    assert again.status == 202
    until(lambda: len(received) == 3)
    assert received[2].headers["webhook-id"] == sent["value"][0]["eventId"]
    assert partner.send("DELETE", "/v1/webhooks/portal", None, {}).document == {"value": []}


def test_a_secret_is_shown_to_nobody(partner: Caller) -> None:
    """R-286: neither when it was put nor when it was refused."""
    put = partner.put("/v1/webhooks/silent", webhook("http://127.0.0.1:9/"))
    assert put.status == 200
    refused = partner.put("/v1/webhooks/silent", {**webhook("http://127.0.0.1:9/"), "secrets": ["swordfish"]})
    wrong = partner.put("/v1/webhooks/silent", {**webhook("http://127.0.0.1:9/"), "secrets": [{"a": "swordfish"}]})
    assert (refused.status, wrong.status) == (400, 400)
    read = [partner.get(path) for path in ("/v1/webhooks", "/v1/webhooks/silent")]
    for answer in (put, refused, wrong, *read):
        assert SECRET.encode() not in answer.content
        assert b"swordfish" not in answer.content


def test_another_partners_webhook_cannot_be_addressed(running: Running, partner: Caller) -> None:
    assert partner.put("/v1/webhooks/mine", webhook("http://127.0.0.1:9/")).status == 200
    other = running.partner()
    assert other.get("/v1/webhooks").document == {"value": []}
    answers = [
        other.get("/v1/webhooks/mine"),
        other.get("/v1/webhooks/mine/deliveries"),
        other.post("/v1/webhooks/mine/test"),
        other.post("/v1/webhooks/mine/deliveries/1/replay"),
        other.send("DELETE", "/v1/webhooks/mine", None, {}),
    ]
    answers += [other.get(f"/v1/webhooks/{name}") for name in ("a%2Fb", "a%5Cb", "a%23b", "a%3Fb", "a'b", "x" * 2000)]
    assert [(answer.status, answer.code) for answer in answers] == [(404, "not_found")] * 11


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Portal", webhook("http://127.0.0.1:9/")),
        ("a" * 41, webhook("http://127.0.0.1:9/")),
        ("a!b", webhook("http://127.0.0.1:9/")),
        ("ok", webhook("https://10.0.0.1/")),
        ("ok", webhook("https://169.254.169.254/latest")),
        ("ok", webhook("https://[::ffff:10.0.0.1]/")),
        ("ok", webhook("file:///etc/passwd")),
        ("ok", webhook("http://127.0.0.1:9/", "claim.exploded")),
        ("ok", {**webhook("http://127.0.0.1:9/"), "secrets": []}),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(partner: Caller, name: str, wanted: dict[str, Any]) -> None:
    """R-285"""
    answer = partner.put(f"/v1/webhooks/{name}", wanted)
    assert (answer.status, answer.code) == (400, "invalid_input")
