"""Partners' accounts on the table `partners`, each in its partner's partition; a list of them all on the table `money`.

Every batch updates the account's row as it was read, also when nothing in it changes: so a posting and the closing of the month
cannot pass each other. A posting's row is insert-only and its content follows from what is posted, so a batch whose answer was
lost needs no witness: whoever tries again finds its postings.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from shared.adapters import account_rows
from shared.adapters.reading import is_conflict, row_or_none, rows_between
from shared.adapters.rows import Operation
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.accounts import PartnerAccount, Posting, Statement
from shared.domain.month import Month
from shared.ports.accounts import PostingFilter, PostingPage, StoredAccount
from shared.ports.failures import StaleRecord, StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

MOST_POSTINGS: Final = 99
_EVERY: Final = "accounts"
# Column and field of the filter; a row without the column matches none.
_CONDITIONS: Final = (
    ("currency", "currency"),
    ("month", "month"),
    ("tenantId", "tenant_id"),
    ("workload", "workload"),
    ("programmeId", "programme_id"),
)


class TableAccounts:
    """`ports.Accounts`. `partners` and `money` are the tables of these names."""

    def __init__(self, partners: "TableClient", money: "TableClient") -> None:
        self._table = partners
        self._money = money

    async def account(self, partner_id: str, currency: str) -> StoredAccount | None:
        """One point read."""
        row = await row_or_none(self._table, partner_id, account_rows.account_key(currency))
        return None if row is None else account_rows.account_of(row)

    async def announce(self, partner_id: str, currency: str) -> None:
        """Insert-once."""
        await _create(self._money, {"PartitionKey": _EVERY, "RowKey": f"{partner_id}!{currency}"})

    async def open(self, account: PartnerAccount) -> StoredAccount:
        """Insert-once: whoever comes later gets what was opened first."""
        await _create(self._table, account_rows.account_row(account))
        stored = await self.account(account.partner_id, account.currency)
        if stored is None:
            raise StoreUnavailable
        return stored

    async def every(self) -> AsyncIterator[tuple[str, str]]:
        """One range."""
        async for row in rows_between(self._money, _EVERY, "", "~"):
            partner_id, _, currency = row["RowKey"].partition("!")
            yield partner_id, currency

    async def accounts_of(self, partner_id: str) -> tuple[PartnerAccount, ...]:
        """One range, a row a currency."""
        found = rows_between(self._table, partner_id, account_rows.ACCOUNT, account_rows.ACCOUNT + "~")
        return tuple([account_rows.account_of(row).account async for row in found])

    async def post(self, stored: StoredAccount, postings: Sequence[Posting]) -> None:
        """One batch; see `ports.Accounts.post`."""
        await self.commit(stored, stored.account, [("create", account_rows.posting_row(each)) for each in postings])

    async def posting(self, partner_id: str, posting_id: str) -> Posting | None:
        """One point read."""
        row = await row_or_none(self._table, partner_id, account_rows.posting_key(posting_id))
        return None if row is None else account_rows.posting_of(row)

    async def posted(self, partner_id: str, posting_ids: Collection[str]) -> frozenset[str]:
        """One range, of keys only."""
        low, high = account_rows.posting_key(min(posting_ids)), account_rows.posting_key(max(posting_ids)) + " "
        wanted = {"partner": partner_id, "low": low, "high": high}
        query = "PartitionKey eq @partner and RowKey ge @low and RowKey lt @high"
        try:
            found = self._table.query_entities(query, parameters=wanted, select=["RowKey"])
            keys = [row["RowKey"] async for row in found]
        except FAILURES as error:
            raise StoreUnavailable from error
        return frozenset(posting_ids) & {account_rows.posting_id_of(key) for key in keys}

    async def postings(self, partner_id: str, wanted: PostingFilter) -> AsyncIterator[Posting]:
        """One range, a thousand a request."""
        query, parameters = _asked(partner_id, wanted, account_rows.POSTED)
        try:
            async for row in self._table.query_entities(query, parameters=parameters):
                yield account_rows.posting_of(row)
        except FAILURES as error:
            raise StoreUnavailable from error

    async def page(self, partner_id: str, wanted: PostingFilter, limit: int, after: str | None) -> PostingPage:
        """At most `limit` postings; one more is looked for, so that the last page says that it is the last."""
        # The next key in order: nothing lies between a key and the same key with the lowest character behind it.
        low = account_rows.POSTED if after is None else account_rows.posting_key(after) + " "
        query, parameters = _asked(partner_id, wanted, low)
        found: list[Posting] = []
        try:
            async for row in self._table.query_entities(query, parameters=parameters, results_per_page=limit + 1):
                found.append(account_rows.posting_of(row))
                if len(found) > limit:
                    break
        except FAILURES as error:
            raise StoreUnavailable from error
        items = tuple(found[:limit])
        return PostingPage(items, items[-1].posting_id if len(found) > limit else None)

    async def close(self, stored: StoredAccount, after: PartnerAccount, statement: Statement) -> None:
        """One batch; the statement is insert-only."""
        await self.commit(stored, after, [("create", account_rows.statement_row(statement))])

    async def statement(self, partner_id: str, currency: str, month: Month) -> Statement | None:
        """One point read."""
        row = await row_or_none(self._table, partner_id, account_rows.statement_key(month, currency))
        return None if row is None else account_rows.statement_of(row)

    async def statements(self, partner_id: str) -> tuple[Statement, ...]:
        """One range, twelve rows a year and currency."""
        found = rows_between(self._table, partner_id, account_rows.STATEMENT, account_rows.STATEMENT + "~")
        return tuple([account_rows.statement_of(row) async for row in found])

    async def commit(self, stored: StoredAccount, after: PartnerAccount, batch: Sequence[Operation]) -> None:
        """Writes the batch with the account's row, if that is as it was read. Raises StaleRecord, StoreUnavailable."""
        head: Operation = ("update", account_rows.account_row(after), {"mode": "replace", **if_unchanged(stored.etag)})
        try:
            await self._table.submit_transaction([head, *batch])
        except FAILURES as error:
            if is_conflict(error):
                raise StaleRecord from error
            raise StoreUnavailable from error


async def _create(table: "TableClient", row: dict[str, Any]) -> None:
    try:
        await table.create_entity(row)
    except FAILURES as error:
        if not is_conflict(error):
            raise StoreUnavailable from error


def _asked(partner_id: str, wanted: PostingFilter, low: str) -> tuple[str, dict[str, Any]]:
    asked = [(column, getattr(wanted, name)) for column, name in _CONDITIONS if getattr(wanted, name) is not None]
    conditions = ["PartitionKey eq @partner and RowKey ge @low and RowKey lt @high"]
    conditions += [f"{column} eq @{column}" for column, _ in asked]
    parameters: dict[str, Any] = {"partner": partner_id, "low": low, "high": account_rows.POSTED + "~"}
    parameters |= {column: str(value) for column, value in asked}
    if wanted.earned:
        # Only entries of the ledger have generations.
        conditions.append("generation ge @first")
        parameters["first"] = 1
    return " and ".join(conditions), parameters
