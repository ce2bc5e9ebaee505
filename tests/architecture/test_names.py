"""Nothing committed names a place that exists only where it was written."""

import re

from tests.architecture.source import committed_texts

# Put together here, so that this file does not name them either.
PLACES = re.compile(
    "|".join(
        (
            "/wo" + r"rk/(main|shared|steering|\.)",
            "/fa" + "rm/",
            "farm" + "-(studio|bench)",
            r"\.\./sh" + "ared",
            "pypi" + r"\.org",
            "python" + r"hosted\.org",
            "registry" + r"\.npmjs\.org",
            "deb" + r"\.debian\.org",
            "/ro" + "ot/",
        )
    )
)


def test_no_file_names_a_registry_or_a_folder_of_somebody_s_machine() -> None:
    named = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in committed_texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if PLACES.search(line)
    ]
    assert named == []
