"""Keeps the translations: extracts texts from the source, merges them, compiles them.

    python launch.py translations    after a text was added or changed in the source
    python resources/i18n/catalogues.py --check    changes nothing, exit code 1 if anything is amiss

English texts are the msgids, so a new one is complete in English at once. In Korean it is
empty, and the check fails, until somebody writes it into ko/LC_MESSAGES/*.po.
"""

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

DOMAIN = "upbit_auto_trading"
LANGUAGES = ("ko", "en")
METHODS = [("**.py", "python")]
_ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)
# Header fields that would change with every run, or that nobody fills in.
_NOISE = (
    b'"POT-Creation-Date',
    b'"PO-Revision-Date',
    b'"Generated-By',
    b'"Last-Translator',
    b'"Language-Team',
    b'"Report-Msgid-Bugs-To',
)


class Texts:
    """The source's texts and their catalogues, in one checkout.

    Args:
        root: the project's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "resources" / "i18n"

    @property
    def template(self) -> Path:
        """The file of all msgids."""
        return self.folder / f"{DOMAIN}.pot"

    def po(self, language: str) -> Path:
        """The catalogue that people write."""
        return self.folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"

    def mo(self, language: str) -> Path:
        """The catalogue that the program reads."""
        return self.po(language).with_suffix(".mo")

    def extracted(self) -> Catalog:
        """Return the texts that the source asks for."""
        catalogue = Catalog(project=DOMAIN, version="1", charset="utf-8")
        package = self.root / DOMAIN
        for name, _, message, comments, context in extract_from_dir(
            package, METHODS, comment_tags=("Translators:",)
        ):
            # Without line numbers: they would change with every edit of the source.
            place = [(f"{DOMAIN}/{Path(name).as_posix()}", 0)]
            catalogue.add(message, None, place, auto_comments=comments, context=context)
        return catalogue

    def read(self, language: str) -> Catalog:
        """Return a catalogue as it is written, empty when there is none."""
        path = self.po(language)
        if not path.is_file():
            return Catalog(locale=language, project=DOMAIN, charset="utf-8")
        with path.open("rb") as stream:
            return read_po(stream, locale=language, domain=DOMAIN)

    def update(self) -> list[str]:
        """Bring template and catalogues up to date; return what is still to be written."""
        template = self.extracted()
        _write(self.template, _po_bytes(template))
        for language in LANGUAGES:
            catalogue = self.read(language)
            catalogue.update(template, no_fuzzy_matching=True)
            catalogue.obsolete.clear()
            if language == "en":
                for message in catalogue:
                    if message.id and not _words(message.string):
                        message.string = message.id
            _write(self.po(language), _po_bytes(catalogue))
            _write(self.mo(language), _mo_bytes(catalogue))
        return list(self.amiss())

    def amiss(self) -> Iterator[str]:
        """Describe everything in which source and catalogues differ."""
        wanted = {(message.context, _key(message.id)) for message in self.extracted() if message.id}
        for language in LANGUAGES:
            catalogue = self.read(language)
            messages = [message for message in catalogue if message.id]
            for message in messages:
                text = _key(message.id)
                if message.fuzzy:
                    yield f"{language}: marked as fuzzy: {text!r}"
                if not _words(message.string):
                    yield f"{language}: not translated: {text!r}"
                elif _fields(message.string) != _fields(message.id):
                    yield f"{language}: not the same {{fields}}: {text!r}"
            have = {(message.context, _key(message.id)) for message in messages}
            yield from (
                f"{language}: missing: {text!r}" for _, text in sorted(wanted - have, key=str)
            )
            yield from (
                f"{language}: not used: {text!r}" for _, text in sorted(have - wanted, key=str)
            )
            path = self.mo(language)
            if not path.is_file() or path.read_bytes() != _mo_bytes(catalogue):
                yield f"{language}: {path.name} isn't what {self.po(language).name} compiles to"


def _key(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else text[0]


def _words(text: str | Sequence[str] | None) -> bool:
    parts = [text] if isinstance(text, str) else list(text or ())
    return bool(parts) and all(part.strip() for part in parts)


def _fields(text: str | Sequence[str] | None) -> set[str]:
    """Return the names of the replacement fields; a format may differ between languages."""
    parts = [text] if isinstance(text, str) else list(text or ())
    try:
        found = [field for part in parts for _, field, _, _ in Formatter().parse(part)]
    except ValueError:
        return set()  # a brace that begins no field
    return {field for field in found if field is not None}


def _po_bytes(catalogue: Catalog) -> bytes:
    catalogue.header_comment = (
        "# Texts of the application. `python launch.py translations` keeps it."
    )
    catalogue.fuzzy = False
    stream = io.BytesIO()
    write_po(stream, catalogue, width=100, sort_output=True, include_lineno=False)
    return b"".join(
        line for line in stream.getvalue().splitlines(keepends=True) if not line.startswith(_NOISE)
    )


def _mo_bytes(catalogue: Catalog) -> bytes:
    # With a date of its own, else Babel writes the moment of compiling into the file.
    plain = Catalog(
        locale=catalogue.locale, project=DOMAIN, version="1", charset="utf-8", creation_date=_ALWAYS
    )
    for message in catalogue:
        if message.id:
            plain.add(message.id, message.string, flags=message.flags, context=message.context)
    stream = io.BytesIO()
    write_mo(stream, plain)
    return stream.getvalue()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)


def main(arguments: Sequence[str]) -> int:
    """Update the catalogues or check them; exit code 1 when something is still to be done."""
    parser = argparse.ArgumentParser(description="Keeps the translations.")
    parser.add_argument("--check", action="store_true", help="change nothing")
    given = parser.parse_args(arguments)
    texts = Texts(Path(__file__).resolve().parents[2])
    amiss = list(texts.amiss()) if given.check else texts.update()
    for line in amiss:
        print(line)
    if not amiss:
        count = len([message for message in texts.extracted() if message.id])
        print(f"{count} texts in {len(LANGUAGES)} languages, complete and compiled.")
    return 1 if amiss else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
