"""The words on which customers decide: none of them is ever lost.

Proved here: what a page says now is kept word for word, what was kept is as it was written, and every form that decides says
which words stand around it.
"""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from functions.pages.wordings import FOLDER, words_on, words_read
from infra.mails.wordings import PAGES, texts
from shared.kept_words import digest, kept, named, newest
from shared.languages import languages


@pytest.mark.parametrize("folder", texts(), ids=lambda folder: folder.parent.name)
def test_what_is_said_now_is_kept_word_for_word(folder: Path) -> None:
    """R-331: a sentence that changed asks for a new version, by `make mails`."""
    assert {key: each.words for key, each in newest(folder).items()} == texts()[folder]


@pytest.mark.parametrize("folder", texts(), ids=lambda folder: folder.parent.name)
def test_no_kept_version_was_altered_or_left_out(folder: Path) -> None:
    """R-331: its hash is in its name, and versions are counted without a gap."""
    counted: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in kept(folder):
        assert each.file == named(folder, each.page, each.language, each.version, each.words)
        counted[each.page, each.language].append(each.version)
    assert all(versions == list(range(1, len(versions) + 1)) for versions in counted.values())


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("page", PAGES)
def test_every_form_that_decides_names_the_words_around_it(page: str, language: str) -> None:
    """R-330"""
    html = PAGES[page](language)
    said = re.findall(r'<input type="hidden" name="words" value="([0-9a-f]{64})">', html)
    assert said == [digest(texts()[FOLDER][page, language])] * html.count("<form ")
    read = words_read({"words": said[:1]})
    assert read is not None
    assert (read.page, read.language, read.sha256) == (page, language, said[0])


@pytest.mark.parametrize("values", [[], [""], ["0" * 64], [words_on("consent", "en"), words_on("consent", "de")]])
def test_what_stands_on_no_page_was_not_read(values: list[str]) -> None:
    """R-330: two that differ say nothing."""
    assert words_read({"words": values}) is None
