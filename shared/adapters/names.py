"""The names of everything the product keeps in Azure Storage. Infrastructure creates exactly these."""

from typing import Final

RECORDS: Final = "records"
PARTNERS: Final = "partners"
JOBS: Final = "jobs"
MONEY: Final = "money"
SUPPRESSIONS: Final = "suppressions"
TABLES: Final = (RECORDS, PARTNERS, JOBS, MONEY, SUPPRESSIONS)

OUTBOX: Final = "outbox"
IMPORTS: Final = "imports"
EVALUATION: Final = "evaluation"
MAIL_EVENTS: Final = "mail-events"
SCAN_RESULTS: Final = "scan-results"
USAGE_DROPS: Final = "usage-drops"
WEBHOOKS: Final = "webhooks"
PAYMENTS: Final = "payments"
CLAIM_BATCHES: Final = "claim-batches"
RECONCILIATION: Final = "reconciliation"
QUEUES: Final = (
    OUTBOX,
    IMPORTS,
    EVALUATION,
    MAIL_EVENTS,
    SCAN_RESULTS,
    USAGE_DROPS,
    WEBHOOKS,
    PAYMENTS,
    RECONCILIATION,
    CLAIM_BATCHES,
)

PROOFS: Final = "proofs"
USAGE_FILES: Final = "usage-files"
USAGE_DROP: Final = "usage-drop"
PAYOUTS: Final = "payouts"
BATCH_FILES: Final = "claim-batches"
CONTAINERS: Final = (PROOFS, USAGE_FILES, USAGE_DROP, PAYOUTS, BATCH_FILES)
