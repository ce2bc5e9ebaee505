"""What the code keeps and sends has a place in Azure, and proofs are kept as they came."""

import pytest

from infra.checks import stores
from tests.architecture.infra_copy import Files, sources
from tests.architecture.rules import ROOT

STORAGE = "modules/storage.bicep"
NAMES = (ROOT / "shared/adapters/names.py").read_text(encoding="utf-8")


def faults(files: Files, names: str = NAMES, functions: list[str] | None = None) -> list[str]:
    models = files.models
    code = sources("functions") if functions is None else functions
    used = stores.used(names, code, models["modules/events.bicep"], models["modules/app.bicep"])
    return stores.faults(stores.made(models[STORAGE]), used)


def test_everything_the_code_uses_is_made_and_nothing_else() -> None:
    assert faults(Files()) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("  'imports'\n", "queues: imports is used and not made"),
        ("  'outbox-poison'\n", "queues: outbox-poison is used and not made"),
        ("  'scan-results'\n", "queues: scan-results is used and not made"),
        ("  'partners'\n", "tables: partners is used and not made"),
        ("  'usage-files'\n", "containers: usage-files is used and not made"),
    ],
)
def test_what_is_missing_is_found(line: str, fault: str) -> None:
    assert faults(Files().broken(STORAGE, line, "")) == [fault]


def test_what_nobody_uses_is_found() -> None:
    assert faults(Files().broken(STORAGE, "  'jobs'\n", "  'jobs'\n  'spare'\n")) == ["tables: spare is made and not used"]


def test_a_queue_that_only_a_trigger_names_is_wanted_with_its_poison_queue() -> None:
    found = faults(Files(), functions=['@bp.queue_trigger(arg_name="message", queue_name="parcels", connection="X")'])
    assert found == ["queues: parcels is used and not made", "queues: parcels-poison is used and not made"]


def test_a_new_name_in_the_code_is_wanted() -> None:
    names = NAMES.replace("TABLES: Final = (RECORDS,", 'LEDGER: Final = "ledger"\nTABLES: Final = (LEDGER, RECORDS,')
    assert faults(Files(), names) == ["tables: ledger is used and not made"]


def test_proofs_are_kept_and_no_key_opens_the_account() -> None:
    storage = Files().models[STORAGE]
    assert stores.proof_faults(storage) + stores.key_faults(storage) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("isVersioningEnabled: true", "isVersioningEnabled: false", "versioning is off"),
        (" deleteRetentionPolicy: {\n      enabled: true", " deleteRetentionPolicy: {", "deleteRetentionPolicy is off"),
        ("    immutableStorageWithVersioning: {\n      enabled: true\n    }\n", "", "proofs are not immutable"),
        ("  parent: proofs\n", "  parent: deployment\n", "proofs are not immutable"),
        ("allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "allowSharedKeyAccess is not False"),
        ("    allowSharedKeyAccess: false\n", "", "allowSharedKeyAccess is not False"),
    ],
)
def test_a_weaker_account_is_found(old: str, new: str, fault: str) -> None:
    storage = Files().broken(STORAGE, old, new).models[STORAGE]
    assert fault in stores.proof_faults(storage) + stores.key_faults(storage)
