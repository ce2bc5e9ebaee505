"""A partner portal in one file: claims, proves and submits, and follows the claim until somebody else must act.

    CPOR_API=http://127.0.0.1:7071 CPOR_TOKEN=… python docs/examples/portal.py claim.json proof.pdf

Copy what you need. It shows the four things that every client of this API should do: send an Idempotency-Key of its own with
whatever creates or decides, try again where the answer says `Retry-After`, act on a problem's `code` and never on its words,
and ignore fields and values it does not know.
"""

import json
import mimetypes
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict, cast

import httpx

TRIES = 5
type NextActor = Literal["partner", "customer", "reviewer", "system", "nobody"]


class Scope(TypedDict):
    """One workload of a claim. `associationId` is there once the partner is on record for it."""

    scope: str
    consent: str
    associationId: NotRequired[str]


class Claim(TypedDict):
    """The part of a claim that this portal looks at."""

    claimId: str
    status: str
    nextActor: NextActor
    waitingFor: NotRequired[str]
    dueAt: NotRequired[str]
    scopes: list[Scope]


class Check(TypedDict):
    """What was found in a proof: result `passed`, `failed` or `unknown`, and what to do about it."""

    code: str
    result: str
    finding: str
    advice: str


@dataclass
class Problem(Exception):
    """The API's refusal (RFC 9457). `code` is stable; the documentation has a page on each."""

    status: int
    code: str
    detail: str
    errors: list[dict[str, str]]


class Portal:
    """A partner's calls. All raise Problem, and httpx's errors where the API cannot be reached."""

    def __init__(self, address: str, token: str) -> None:
        self._http = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def create(self, claim: Mapping[str, Any], key: str) -> str:
        """The id of the claim. The same key with the same claim is the same claim, however often it is sent."""
        made = self._ask("POST", "/v1/claims", headers={"Idempotency-Key": key}, json=claim)
        return str(made.json()["claimId"])

    def attach(self, claim_id: str, name: str, document: bytes) -> list[Check]:
        """What was found in the proof. The same document again is the same proof."""
        kind = {"Content-Type": mimetypes.guess_type(name)[0] or "application/octet-stream"}
        attached = self._ask("POST", f"/v1/claims/{claim_id}/poe", params={"name": name}, content=document, headers=kind)
        return cast("list[Check]", attached.json()["checks"])

    def submit(self, claim_id: str) -> Claim:
        """The claim, submitted. Problem `claim_incomplete` lists everything that is missing."""
        return cast("Claim", self._ask("POST", f"/v1/claims/{claim_id}/submit").json())

    def read(self, claim_id: str) -> Claim:
        return cast("Claim", self._ask("GET", f"/v1/claims/{claim_id}").json())

    def follow(self, claim_id: str, every_s: float = 2.0) -> Claim:
        """The claim, once the system has done its part and a person must act."""
        while (claim := self.read(claim_id))["nextActor"] == "system":
            time.sleep(every_s)
        return claim

    def _ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        answer = self._http.request(method, path, **what)
        for _ in range(TRIES - 1):
            if answer.is_success or (wait := answer.headers.get("Retry-After")) is None:
                break
            time.sleep(float(wait))
            answer = self._http.request(method, path, **what)
        if answer.is_success:
            return answer
        problem = answer.json()
        raise Problem(answer.status_code, problem["code"], problem["detail"], problem.get("errors", []))


def main(claim_file: Path, proof_file: Path) -> int:
    """Claims, proves, submits and follows; prints where the claim stands."""
    portal = Portal(os.environ["CPOR_API"], os.environ["CPOR_TOKEN"])
    content = claim_file.read_bytes()
    try:
        # A key made of what is asked: whoever runs this again after a crash gets the claim that the first run made.
        claim_id = portal.create(json.loads(content), key=f"portal-{sha256(content).hexdigest()[:32]}")
        if portal.read(claim_id)["status"] == "draft":
            for check in portal.attach(claim_id, proof_file.name, proof_file.read_bytes()):
                if check["result"] == "failed":
                    print(f"{check['code']}: {check['finding']} {check['advice']}")
            portal.submit(claim_id)
        claim = portal.follow(claim_id)
    except Problem as problem:
        print(f"{problem.code}: {problem.detail}", *(error["message"] for error in problem.errors), sep="\n  ", file=sys.stderr)
        return 1
    print(f"{claim_id} is {claim['status']} and waits for {claim.get('waitingFor', claim['nextActor'])}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
