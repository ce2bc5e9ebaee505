"""`make bench`: everything, or the parts that are named: rules, store, imports, batches."""

import sys
import time
from collections.abc import Callable, Iterable

from infra.local.bench import batches, imports, rules, store
from infra.local.bench.figures import Figure, told
from shared.adapters.programmes import shipped_programmes
from shared.domain.programme_versions import only


def main(wanted: list[str]) -> None:
    """Runs and prints the parts."""
    begun = time.monotonic()
    programme = next(each for each in shipped_programmes() if each.programme_id == "demo")
    versions = only(programme)
    parts: dict[str, tuple[str, Callable[[], Iterable[Figure]]]] = {
        "rules": ("The join and the rules, in memory", lambda: rules.figures(versions)),
        "store": ("A bucket's evaluation, from the emulator", store.figures),
        "imports": ("An import onto the same rows, in the emulator", imports.figures),
        "batches": ("A file of claims, by the running system", batches.figures),
    }
    for name, (title, figures) in parts.items():
        if not wanted or name in wanted:
            told(title, figures())
    print(f"\n{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
