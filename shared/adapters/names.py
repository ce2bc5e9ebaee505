"""The names of everything the product keeps in Azure Storage. Infrastructure creates exactly these."""

from typing import Final

RECORDS: Final = "records"
PARTNERS: Final = "partners"
JOBS: Final = "jobs"
MONEY: Final = "money"
TABLES: Final = (RECORDS, PARTNERS, JOBS, MONEY)

OUTBOX: Final = "outbox"
IMPORTS: Final = "imports"
EVALUATION: Final = "evaluation"
QUEUES: Final = (OUTBOX, IMPORTS, EVALUATION)

PROOFS: Final = "proofs"
USAGE_FILES: Final = "usage-files"
CONTAINERS: Final = (PROOFS, USAGE_FILES)
