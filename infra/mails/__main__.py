"""`make mails`: compile the mails and the catalogues, keep the words of the pages, and show every mail in every language."""

from pathlib import Path

from infra.mails import catalogues, compiling, gallery, wordings

ROOT = Path(__file__).parents[2]


def main() -> None:
    # The mails first: their compiled HTML is what sentences are collected from.
    for path in (*compiling.write(), *catalogues.write(), *wordings.write()):
        print(f"Changed {path.relative_to(ROOT)}")
    for missing in catalogues.untranslated():
        print(f"Not translated yet: {missing}")
    print(f"Open {gallery.write(ROOT / '.local' / 'mails')}")


if __name__ == "__main__":
    main()
