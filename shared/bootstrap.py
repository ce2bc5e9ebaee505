"""The only wiring: which adapter fulfils which port, from the settings.

Everything is made on first use and lives as long as the worker, so that a cold start pays only for what its first request needs.
The slow imports (blob and queue clients, PDF, mail, tokens) happen inside the properties.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from shared import telemetry
from shared.adapters import names
from shared.adapters.storage_clients import StorageClients
from shared.domain.errors import SigningOff
from shared.settings import DEVELOPMENT_SCANNER, Settings, read_settings

if TYPE_CHECKING:
    from shared.adapters.defender import DefenderScanner
    from shared.domain.notice import Letter
    from shared.domain.shown import Shown
    from shared.ports.accounts import Accounts, Backlog, MonthBook
    from shared.ports.audit import Audit
    from shared.ports.batches import BatchBook
    from shared.ports.dead_letters import DeadLetters
    from shared.ports.digests import Digests
    from shared.ports.earning_queries import EarningQueries
    from shared.ports.money import Enrolments, ImportBook, Ledger, Programmes, RunBook, Spools, TrialBook, UsageStore
    from shared.ports.outside import Calls, Clock, Entropy, Jobs, Limiter, Mailer, MailGate, Suppressions, TenantDirectory, Tokens
    from shared.ports.partners import Partners
    from shared.ports.payouts import Payouts
    from shared.ports.proofs import Drop, Files, Forms, Inspector, ProofShelf, Room, Scanner, ScanResults, Sealer
    from shared.ports.records import Outbox, Records
    from shared.ports.webhooks import Courier, SecretBox, Webhooks


class AzureWorld(StorageClients):
    """`ports.World` on Azure Storage, or on its emulator. `options` go to every client (tests pass a transport)."""

    def __init__(self, settings: Settings, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(settings, options or {})
        self.settings = settings

    @cached_property
    def records(self) -> "Records":
        from shared.adapters.records import TableRecords

        return TableRecords(self.table(names.RECORDS))

    @cached_property
    def partners(self) -> "Partners":
        from shared.adapters.partners import TablePartners

        return TablePartners(self.table(names.PARTNERS))

    @cached_property
    def files(self) -> "Files":
        from shared.adapters.blobs import BlobFiles

        return BlobFiles(self.blob_service)

    @cached_property
    def outbox(self) -> "Outbox":
        from shared.adapters.queues import QueueOutbox

        return QueueOutbox(lambda: self.queue(names.OUTBOX))

    @cached_property
    def dead_letters(self) -> "DeadLetters":
        from shared.adapters.dead_letters import TableDeadLetters

        return TableDeadLetters(self.table(names.JOBS), self.queue)

    @cached_property
    def mailer(self) -> "Mailer":
        from shared.adapters.mail.message import Sender

        settings = self.settings
        sender = Sender(settings.mail_from, "Partner of record", settings.mail_help)
        if settings.mail_endpoint is not None:
            from shared.adapters.mail.communication_services import CommunicationServicesMailer

            endpoint = settings.mail_endpoint
            return CommunicationServicesMailer(endpoint, self._credential, sender, self.clock.now, telemetry.traceparent)
        from shared.adapters.mail.smtp import SmtpMailer, SmtpServer

        if settings.smtp_host is None:
            raise NotImplementedError("No mail provider is set: CPOR_MAIL_ENDPOINT and CPOR_MAIL_SMTP_HOST are empty.")
        server = SmtpServer(
            settings.smtp_host,
            settings.smtp_port,
            starttls=settings.production,
            username=settings.smtp_username,
            password=settings.smtp_password,
        )
        return SmtpMailer(server, sender, self.clock.now, telemetry.traceparent)

    def words_of(self, letter: "Letter") -> "Shown | None":
        """Which of the kept words a letter has; see `ports.World`."""
        from shared.adapters.mail.wordings import words_of

        return words_of(letter)

    @cached_property
    def mail_gate(self) -> "MailGate":
        from shared.adapters.mail.gate import WorkersGate

        return WorkersGate(self.settings.mails_per_minute)

    @cached_property
    def suppressions(self) -> "Suppressions":
        from shared.adapters.suppressions import TableSuppressions

        return TableSuppressions(self.table(names.SUPPRESSIONS), self.clock.now)

    @cached_property
    def shelf(self) -> "ProofShelf":
        from shared.adapters.proof_shelf import BlobProofShelf

        return BlobProofShelf(self.blob_service.get_container_client(names.PROOFS))

    @cached_property
    def inspector(self) -> "Inspector":
        from shared.adapters.contained_inspector import inspector_of_this_worker

        return inspector_of_this_worker(os.environ.get("LD_LIBRARY_PATH", ""))

    @cached_property
    def forms(self) -> "Forms":
        from shared.adapters.forms import ReportlabForms

        return ReportlabForms()

    @cached_property
    def sealer(self) -> "Sealer":
        if self.settings.seal_certificate_url is not None:
            from shared.adapters.vault_seal import VaultSealer

            return VaultSealer(self.settings.seal_certificate_url, self._vault_token)
        if self.settings.seal_key_file is None:
            raise SigningOff
        from shared.adapters.seal import DevelopmentSealer

        return DevelopmentSealer(self.settings.seal_key_file)

    async def _vault_token(self) -> str:
        from shared.adapters.vault_seal import TOKEN_SCOPE

        return str((await self._credential.get_token(TOKEN_SCOPE)).token)

    @cached_property
    def scanner(self) -> "Scanner":
        if self.settings.scanner == "defender":
            return self._defender
        from shared.adapters.content_scanner import ContentScanner

        if self.settings.scanner == DEVELOPMENT_SCANNER:
            from shared.adapters.development_scanner import DevelopmentScanner

            return ContentScanner(self.files, DevelopmentScanner())
        from shared.adapters.clamd import ClamdEngine

        return ContentScanner(self.files, ClamdEngine(self.settings.scanner))

    @cached_property
    def scan_results(self) -> "ScanResults":
        return self._defender

    @cached_property
    def _defender(self) -> "DefenderScanner":
        from shared.adapters.defender import DefenderScanner

        return DefenderScanner(self.table(names.RECORDS), self.blob_service)

    @cached_property
    def directory(self) -> "TenantDirectory":
        if self.settings.tenant_directory is None:
            from shared.adapters.local_world import SameDomainDirectory

            return SameDomainDirectory()
        from shared.adapters.entra_directory import EntraDirectory

        return EntraDirectory(self.settings.tenant_directory, self.clock.now)

    @cached_property
    def programmes(self) -> "Programmes":
        from shared.adapters.programme_store import StoredProgrammes

        return StoredProgrammes(lambda: self.table(names.MONEY), self.clock.now)

    @cached_property
    def clock(self) -> "Clock":
        from shared.adapters.local_world import MovableClock, SystemClock

        return SystemClock() if self.settings.clock_file is None else MovableClock(self.settings.clock_file)

    @cached_property
    def entropy(self) -> "Entropy":
        from shared.adapters.local_world import SecretEntropy

        return SecretEntropy()

    @cached_property
    def webhooks(self) -> "Webhooks":
        from shared.adapters.webhooks import TableWebhooks

        return TableWebhooks(self.table(names.PARTNERS))

    @cached_property
    def rings(self) -> "Jobs":
        """The queue that says whose webhooks are to be called."""
        return self._jobs(names.WEBHOOKS)

    @cached_property
    def courier(self) -> "Courier":
        from shared.adapters.courier import PinnedCourier

        return PinnedCourier(to_loopback=self.settings.webhook_loopback)

    @cached_property
    def secret_box(self) -> "SecretBox":
        from shared.adapters.secret_box import KeyedSecretBox
        from shared.domain.webhook import WebhooksUnavailable

        if self.settings.webhook_key is None:
            raise WebhooksUnavailable
        return KeyedSecretBox(self.settings.webhook_key)

    @cached_property
    def room(self) -> "Room":
        from shared.adapters.document_room import DocumentRoom

        return DocumentRoom()

    @cached_property
    def limiter(self) -> "Limiter":
        from shared.adapters.worker_limits import WorkerLimits

        return WorkerLimits()

    @cached_property
    def calls(self) -> "Calls":
        from shared.adapters.recent_calls import WorkerCalls

        return WorkerCalls()

    @cached_property
    def usage(self) -> "UsageStore":
        from shared.adapters.usage import TableUsage

        return TableUsage(self.table(names.RECORDS))

    @cached_property
    def ledger(self) -> "Ledger":
        from shared.adapters.ledger import TableLedger

        return TableLedger(self.table(names.RECORDS))

    @cached_property
    def enrolments(self) -> "Enrolments":
        from shared.adapters.enrolments import TableEnrolments

        return TableEnrolments(self.table(names.PARTNERS))

    @cached_property
    def import_book(self) -> "ImportBook":
        from shared.adapters.import_book import TableImportBook

        return TableImportBook(self.table(names.JOBS))

    @cached_property
    def run_book(self) -> "RunBook":
        from shared.adapters.run_book import TableRunBook

        return TableRunBook(self.table(names.JOBS))

    @cached_property
    def trial_book(self) -> "TrialBook":
        from shared.adapters.run_book import TableTrialBook

        return TableTrialBook(self.table(names.JOBS), self.programmes)

    @cached_property
    def accounts(self) -> "Accounts":
        from shared.adapters.accounts import TableAccounts

        return TableAccounts(self.table(names.PARTNERS), self.table(names.MONEY))

    @cached_property
    def payouts(self) -> "Payouts":
        from shared.adapters.payouts import TablePayouts

        return TablePayouts(self.table(names.PARTNERS), self.table(names.MONEY))

    @cached_property
    def earning_queries(self) -> "EarningQueries":
        from shared.adapters.earning_queries import TableEarningQueries

        return TableEarningQueries(self.table(names.MONEY))

    @cached_property
    def digests(self) -> "Digests":
        from shared.adapters.digest_book import TableDigests

        return TableDigests(self.table(names.JOBS))

    @cached_property
    def audit(self) -> "Audit":
        from shared.adapters.audit import TableAudit

        return TableAudit(self.table(names.RECORDS), self.table(names.MONEY))

    @cached_property
    def reconciliations(self) -> "Jobs":
        return self._jobs(names.RECONCILIATION)

    @cached_property
    def payments(self) -> "Jobs":
        return self._jobs(names.PAYMENTS)

    @cached_property
    def backlog(self) -> "Backlog":
        from shared.adapters.backlog import TableBacklog

        return TableBacklog(self.table(names.RECORDS))

    @cached_property
    def months(self) -> "MonthBook":
        from shared.adapters.month_book import TableMonthBook

        return TableMonthBook(self.table(names.MONEY))

    @cached_property
    def batch_book(self) -> "BatchBook":
        from shared.adapters.batch_book import TableBatchBook

        return TableBatchBook(self.table(names.JOBS))

    @cached_property
    def batches(self) -> "Jobs":
        return self._jobs(names.CLAIM_BATCHES)

    @cached_property
    def imports(self) -> "Jobs":
        return self._jobs(names.IMPORTS)

    @cached_property
    def drop(self) -> "Drop":
        from shared.adapters.blobs import BlobDrop

        return BlobDrop(self.blob_service.get_container_client(names.USAGE_DROP))

    @cached_property
    def drops(self) -> "Jobs":
        return self._jobs(names.USAGE_DROPS)

    @cached_property
    def spools(self) -> "Spools":
        from shared.adapters.spool import DiskSpools

        return DiskSpools()

    @cached_property
    def evaluations(self) -> "Jobs":
        return self._jobs(names.EVALUATION)

    @cached_property
    def tokens(self) -> "Tokens":
        """Verifies bearer tokens; used by the edge only."""
        from shared.adapters.tokens import TokenVerifier

        return TokenVerifier(self.settings.token_issuer, self.settings.token_audience, self.settings.token_jwks)

    def _jobs(self, queue: str) -> "Jobs":
        from shared.adapters.queues import QueueJobs

        return QueueJobs(lambda: self.queue(queue))

    async def unready(self) -> tuple[str, ...]:
        """The names of the stores and keys that do not answer; none means ready."""
        from shared.adapters import readiness

        tables = {f"table {name}": readiness.table_answers(self.table(name)) for name in names.TABLES}
        queues = {f"queue {name}": readiness.queue_answers(self.queue(name)) for name in names.QUEUES}
        containers = {
            f"container {name}": readiness.container_answers(self.blob_service.get_container_client(name))
            for name in names.CONTAINERS
        }
        return await readiness.unready({**tables, **queues, **containers, "token keys": self.tokens.check})

    async def close(self) -> None:
        """Closes the clients that were made."""
        mailer: Any = self.__dict__.get("mailer")
        if hasattr(mailer, "close"):  # Not every way to send mail holds something open.
            await mailer.close()
        await super().close()


async def ready_world() -> AzureWorld:
    """The world of this worker, which has read the programmes as they are published: what every trigger begins with."""
    ready = world()
    await ready.programmes.refresh()
    return ready


@cache
def world() -> AzureWorld:
    """The world of this worker, from its environment. Telemetry starts with it."""
    settings = read_settings(os.environ)
    telemetry.mark_logs()
    telemetry.start(settings.telemetry)
    return AzureWorld(settings)


def start() -> None:
    """Reads the settings while a Functions host indexes the app: a wrong one fails the start, not the first request.

    Whoever imports the app for another reason (a test, the API's reference) has no settings and needs none.
    """
    # Before it builds its first model, pydantic looks through all installed packages for plugins: 10 ms of a start, for none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if "FUNCTIONS_WORKER_RUNTIME" in os.environ:
        world()


async def create_stores(target: AzureWorld) -> None:
    """Makes the tables, queues and containers that infrastructure makes in Azure; what is there stays."""
    from azure.core.exceptions import ResourceExistsError

    for table in names.TABLES:
        await target.table_service.create_table_if_not_exists(table)
    for queue in names.QUEUES:
        with suppress(ResourceExistsError):
            await target.queue(queue).create_queue()
    for container in names.CONTAINERS:
        with suppress(ResourceExistsError):
            await target.blob_service.create_container(container)
