"""Names from outside are harmless, and files are known by their content."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.errors import InvalidInput
from shared.domain.poe import POE_NAME_LENGTH, MediaType, media_type_of, require_plain_name, safe_name
from shared.domain.poe_checks import CheckCode, name_refusals


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("proof.pdf", "proof.pdf"),
        ("Nachweis für Müller & Söhne.pdf", "Nachweis für Müller & Söhne.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\proof.pdf", "proof.pdf"),
        ("..", "document"),
        ("", "document"),
        ("folder/", "document"),
        ("proof\r\nSet-Cookie: a=b.pdf", "proof Set-Cookie: a=b.pdf"),
        ("proof\x00.pdf", "proof.pdf"),
        ("proof\u202efdp.exe", "prooffdp.exe"),
        ("proof\u2066\u200b\ufeff.pdf", "proof.pdf"),
        ("  .hidden  proof .pdf ", "hidden proof .pdf"),
        ("u\u0308ber.pdf", "über.pdf"),
    ],
)
def test_a_name_from_outside_is_shown_as_one_harmless_line(name: str, shown: str) -> None:
    assert safe_name(name) == shown


@pytest.mark.parametrize("name", ["../a.pdf", "a/b", "C:\\a.pdf", "a\r\nb", "a\x00.pdf", "a\x85b", "x" * 256, "x" * 400])
def test_a_name_made_to_be_a_path_or_a_header_is_refused(name: str) -> None:
    """R-141"""
    with pytest.raises(InvalidInput, match="one line"):
        require_plain_name(name)


@pytest.mark.parametrize("name", ["", "..", "proof.pdf", "Zażółć.pdf", 'a";b=c', "x" * 255, "a b.p7m"])
def test_any_other_name_is_taken(name: str) -> None:
    """R-141"""
    require_plain_name(name)


@pytest.mark.parametrize(
    ("name", "content", "is_refused"),
    [
        ("proof.pdf", MediaType.PNG, True),
        ("proof.PDF", MediaType.JPEG, True),
        ("proof.png", MediaType.PDF, True),
        ("proof.jpeg", MediaType.JPEG, False),
        ("proof.JPG", MediaType.JPEG, False),
        ("proof.pdf", MediaType.PDF, False),
        ("proof", MediaType.PNG, False),
        ("proof.v2", MediaType.PNG, False),
        ("pdf", MediaType.PDF, False),
        ("proof.pdf", None, False),
    ],
)
def test_a_name_that_says_another_kind_than_the_content_is_refused(
    name: str, content: MediaType | None, is_refused: bool
) -> None:
    """R-141: of content that is nothing we take another check tells."""
    assert [check.code for check in name_refusals(name, content)] == [CheckCode.MISNAMED] * is_refused


def test_a_long_name_is_cut_and_keeps_its_ending() -> None:
    shown = safe_name("x" * 500 + ".pdf")
    assert len(shown) == POE_NAME_LENGTH
    assert shown.endswith("x.pdf")


@given(st.text(max_size=400))
@example("a." + "b" * 200)
@example("." * 300 + "a" * 10)
def test_no_name_at_all_survives_as_a_path_or_a_second_line(name: str) -> None:
    shown = safe_name(name)
    assert 0 < len(shown) <= POE_NAME_LENGTH
    assert not set(shown) & set("/\\")
    assert shown not in (".", "..")
    hidden = [letter for letter in shown if unicodedata.category(letter)[0] == "C" and letter not in "\u200c\u200d"]
    assert hidden == []
    assert len(shown.splitlines()) == 1
    assert safe_name(shown) == shown


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\n", MediaType.PDF),
        (b"\x89PNG\r\n\x1a\n\x00", MediaType.PNG),
        (b"\xff\xd8\xff\xe0", MediaType.JPEG),
        (b" %PDF-1.7\n", None),
        (b"GIF89a%PDF-1.7", None),
        (b"PK\x03\x04", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, media_type: MediaType | None) -> None:
    assert media_type_of(content) is media_type
