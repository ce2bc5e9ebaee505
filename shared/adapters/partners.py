"""Partners on Azure Table Storage.

The table `partners`: one partition a partner, one a token client, one for the reviewers' queue. Every request looks its caller up
here, so what only lists of claims need is imported by them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

from shared.adapters.asked_column import HEAD, asked_of
from shared.adapters.enrolments import ENROLLED, enrolled_key
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.asked import Asked, domain_key
from shared.domain.errors import BusyRecord, KeyReused, NotFound
from shared.domain.partner import Grant, Partner, Right, Suspension, TokenClient
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

    from shared.adapters.partner_feed import PartnerFeed
    from shared.domain.claim import Claim
    from shared.domain.limit import Limits
    from shared.domain.telling import Telling
    from shared.ports.partners import (
        AssociationFilter,
        AssociationPage,
        ClaimFilter,
        ClaimItem,
        ClaimPage,
        Listing,
        PartnerPage,
        ReviewItem,
        ToldPage,
    )
    from shared.ports.records import Call

_PROFILE: Final = "profile"
_REVIEWS: Final = "reviews"
_DIRECTORY: Final = "directory"
_ATTEMPTS: Final = 8
_CONFLICTS: Final = (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError)


class TablePartners:
    """`ports.Partners` on the table `partners`."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    async def partner(self, partner_id: str) -> Partner:
        """The enrolled partner. Raises NotFound."""
        row = await self._get(partner_id, _PROFILE)
        if row is None:
            raise NotFound
        return _partner(partner_id, row)

    async def asked(self, partner_id: str) -> Asked:
        """By one point read of the row that numbers its events."""
        row = await self._get(partner_id, HEAD)
        return Asked() if row is None else asked_of(row)

    async def enrol(self, partner: Partner, over: Callable[[Partner | None], None] | None = None) -> None:
        """Writes the profile, then the rows that lead from token clients to it; both are whole values, so again is the same."""
        profile = {
            "name": partner.name,
            "mail": partner.mail,
            "programmes": json.dumps(partner.programmes),
            "clients": json.dumps([[c.directory_id, c.app_id] for c in partner.clients]),
            "suspended": partner.suspended,
            "suspensions": json.dumps([[s.since.isoformat(), s.until and s.until.isoformat()] for s in partner.suspensions]),
            "language": partner.language,
            "grants": json.dumps([[grant.distributor_id, grant.rights] for grant in partner.grants]),
        }
        for programme in partner.programmes:
            # Before the profile says so: who was ever enrolled stays paid, even after the profile has forgotten it.
            await self._put(ENROLLED, enrolled_key(partner.partner_id, programme), {})

        def require(row: Mapping[str, Any] | None) -> None:
            if over is not None:
                over(None if row is None else _partner(partner.partner_id, row))

        await self._put(partner.partner_id, _PROFILE, profile, require)
        await self._put(_DIRECTORY, partner.partner_id, profile)
        for client in partner.clients:
            await self._put(_client_partition(client), _PROFILE, {"partnerId": partner.partner_id})

    async def partner_of_client(self, client: TokenClient) -> str | None:
        """Which partner this token client leads to; the profile says whether the partner still lists it."""
        row = await self._get(_client_partition(client), _PROFILE)
        return None if row is None else row["partnerId"]

    async def begin_call(self, partner_id: str, call: Call) -> None:
        """Insert-only: the first call with a key fixes what the key stands for, whichever customer it was about."""
        row = {"PartitionKey": partner_id, "RowKey": f"idem!{call.key_hash}", "bodyHash": call.body_hash}
        try:
            await self._table.create_entity(row)
        except FAILURES as error:
            # A lost answer, or a conflict with our own first try, looks like a failure: the row itself says what it is.
            known = await self._get(partner_id, row["RowKey"])
            if known is None:
                raise StoreUnavailable from error
            if known["bodyHash"] != call.body_hash:
                raise KeyReused from error

    async def forget_call(self, partner_id: str, call: Call) -> None:
        """Whatever stands there is this call's: `begin_call` has seen to that. What cannot be deleted now only keeps its key."""
        with suppress(*FAILURES):
            await self._table.delete_entity(partner_id, f"idem!{call.key_hash}")

    async def listing(self, claim: Claim) -> Listing:
        """How far the claim's row in the index has come, by one point read."""
        from shared.adapters import claim_index
        from shared.ports.partners import Listing

        row = await self._get(claim.partner_id, claim_index.key_of(claim))
        return Listing(0, 0, None) if row is None else Listing(row["seq"], row["told"], row.metadata["etag"])

    async def project(self, claim: Claim, listing: Listing, fresh: Sequence[Telling], told: int, limits: Limits) -> bool:
        """The claim's row in the index, its associations' and the events, in one batch of the partner's partition."""
        from shared.adapters import association_index, claim_index

        key = {"PartitionKey": claim.partner_id, "RowKey": claim_index.key_of(claim)}
        row = key | claim_index.row_of(claim) | {"told": told}
        over = {"mode": "replace", **if_unchanged(listing.etag)}
        listed = ("create", row) if listing.etag is None else ("update", row, over)
        tenures = [("upsert", tenure, {"mode": "replace"}) for tenure in association_index.rows_of(claim)]
        domain = domain_key(claim.tenant_id, claim.domain)
        return await self._feed.write(claim.partner_id, [listed, *tenures], fresh, limits=limits, domain=domain)

    async def is_calling(self, partner_id: str) -> bool:
        """One point read."""
        return await self._feed.is_calling(partner_id)

    async def queue_review(self, claim: Claim) -> None:
        """The claim's row in the reviewers' queue; an older claim never overwrites."""
        from shared.adapters import claim_index

        assigned = {} if claim.assignee is None else {"assignee": claim.assignee}
        await self._put(_REVIEWS, claim.claim_id, claim_index.row_of(claim) | assigned)

    async def told(self, partner_id: str, after: int, limit: int) -> ToldPage:
        """One page of the partner's events, by one request."""
        return await self._feed.page(partner_id, after, limit)

    async def claims_of(self, partner_id: str, wanted: ClaimFilter, limit: int, after: str | None) -> ClaimPage:
        """One page of the partner's index, by one request."""
        from shared.adapters import claim_index

        return await claim_index.read_page(self._table, partner_id, wanted, limit, after)

    async def associations_of(self, partner_id: str, wanted: AssociationFilter, limit: int, after: str | None) -> AssociationPage:
        """One page of the partner's associations, by one request."""
        from shared.adapters import association_index

        return await association_index.read_page(self._table, partner_id, wanted, limit, after)

    async def enrolled(self, limit: int, after: str | None) -> PartnerPage:
        """One page of the directory, which has a row for every partner, by one request."""
        from shared.adapters.index_pages import read_rows
        from shared.ports.partners import PartnerPage

        rows, position = await read_rows(self._table, _DIRECTORY, "", (), limit, after)
        return PartnerPage(tuple(_partner(row["RowKey"], row) for row in rows), position)

    async def contesting(self) -> AsyncIterator[ClaimItem]:
        """Rows of the reviewers' queue that stand in a contest."""
        from shared.adapters import claim_index
        from shared.domain.lifecycle import Status

        wanted = {"queue": _REVIEWS, "status": str(Status.CONTESTING)}
        found = self._table.query_entities("PartitionKey eq @queue and status eq @status", parameters=wanted)
        try:
            async for row in found:
                yield claim_index.item_of(row)
        except FAILURES as error:
            raise StoreUnavailable from error

    async def waiting_reviews(self) -> AsyncIterator[ReviewItem]:
        """Rows of the reviewers' queue whose next actor is a reviewer."""
        from shared.domain.view import NextActor
        from shared.ports.partners import ReviewItem

        wanted = {"queue": _REVIEWS, "actor": str(NextActor.REVIEWER)}
        found = self._table.query_entities("PartitionKey eq @queue and nextActor eq @actor", parameters=wanted)
        try:
            async for row in found:
                yield ReviewItem(
                    row["RowKey"],
                    row["partnerId"],
                    row["tenantId"],
                    row["status"],
                    row.get("dueAt"),
                    row["asOf"],
                    row.get("assignee"),
                )
        except FAILURES as error:
            raise StoreUnavailable from error

    @cached_property
    def _feed(self) -> PartnerFeed:
        from shared.adapters.partner_feed import PartnerFeed

        return PartnerFeed(self._table)

    async def _put(
        self,
        partition: str,
        key: str,
        columns: dict[str, Any],
        require: Callable[[Mapping[str, Any] | None], None] = lambda _: None,
    ) -> None:
        """Writes a whole row under the version it replaces; where rows have a `seq`, an older one never replaces a newer one.

        `require` raises for a row that is not to be replaced.
        """
        row = {"PartitionKey": partition, "RowKey": key} | columns
        for _ in range(_ATTEMPTS):
            standing = await self._get(partition, key)
            require(standing)
            if standing is not None and "seq" in columns and standing["seq"] >= columns["seq"]:
                return
            try:
                if standing is None:
                    await self._table.create_entity(row)
                else:
                    await self._table.update_entity(row, mode="replace", **if_unchanged(standing.metadata["etag"]))
            except _CONFLICTS:
                continue
            except FAILURES as error:
                raise StoreUnavailable from error
            return
        raise BusyRecord

    async def _get(self, partition: str, key: str) -> Any:
        try:
            return await self._table.get_entity(partition, key)
        except ResourceNotFoundError:
            return None
        except FAILURES as error:
            raise StoreUnavailable from error


def _partner(partner_id: str, row: Mapping[str, Any]) -> Partner:
    clients = tuple(TokenClient(*pair) for pair in json.loads(row["clients"]))
    programmes, granted = json.loads(row["programmes"]), json.loads(row.get("grants", "[]"))
    grants = tuple(Grant(name, tuple(Right(right) for right in rights)) for name, rights in granted)
    paused = datetime.fromisoformat(row["pausedAt"]) if row.get("pausedAt") else None
    told = json.loads(row.get("suspensions", "[]"))
    suspensions = tuple(
        Suspension(datetime.fromisoformat(since), until and datetime.fromisoformat(until)) for since, until in told
    )
    return Partner(
        partner_id,
        row["name"],
        row["mail"],
        tuple(programmes),
        clients,
        row["suspended"],
        grants,
        suspensions,
        paused,
        row.get("language", "en"),
    )


def _client_partition(client: TokenClient) -> str:
    return f"client!{client.directory_id}!{client.app_id}"
