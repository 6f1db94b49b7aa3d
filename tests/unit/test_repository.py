"""No file of the project holds a secret, a path of one machine, or what only its makers know."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 2_000_000
TEXT = (".py", ".toml", ".txt", ".md", ".json", ".jsonl", ".po", ".pot", ".svg", ".qss", ".cfg", "")

# Written apart, so that this file doesn't find itself.
PATTERNS = {
    "a path of one machine": re.compile(
        r"(?<![\w.:/-])/(?:wor"
        r"k|roo"
        r"t|tm"
        r"p(?!/\.X11-unix)|home/\w+|Users/\w+)(?:/|\b)"
        r"|[A-Z]:\\\\?Users\\"
    ),
    "a folder beside the project": re.compile(
        r"\.\./shar" r"ed|\bshar" r"ed/(?:upbit|golden|mockups)"
    ),
    "a package registry": re.compile(
        r"(?i)pypi\.o" r"rg|pythonhosted\.o" r"rg|npmjs\.(?:org|com)|deb\.debian\.o" r"rg"
    ),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KE" r"Y"),
    "a service's token": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[abpr]-[\w-]{20,}|sk-[A-Za-z0-9]{32,})"
    ),
    "an exchange key": re.compile(
        r"(?i)(?:access|secret)[_-]?key\W{1,6}(?=[A-Za-z0-9]{0,39}\d)[A-Za-z0-9]{40}\b"
    ),
    "a signed token": re.compile(
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"
    ),
    "how it was made": re.compile(
        r"(?i)\bclau"
        r"de\b|anthrop"
        r"ic|chatg"
        r"pt|copil"
        r"ot|(?<!user-)(?<!user_)\bai ag"
        r"ent"
        r"|\bsub-?age"
        r"nt|language mod"
        r"el|co-authored-b"
        r"y|workpla"
        r"ce|\bissues sho"
        r"w\b"
    ),
}
KEYS = ("a signed token", "an exchange key")
# Keys and tokens made up on purpose, to be recognised or checked.
MADE_UP = {
    "tests/payloads/samples/auth_vectors.json",
    "tests/payloads/samples/rest_pockets_api_keys.json",
    "tests/payloads/samples/sdk_wire.json",
    "tests/faults/test_desk_rows_system.py",
    "tests/unit/infrastructure/test_diagnostic_bundle.py",
    "tests/unit/infrastructure/test_log_ring.py",
    "tests/unit/infrastructure/test_logging_setup.py",
}

PLANTS = {
    "a path of one machine": [
        "see /" + "work/notes.md",
        '"/' + "tmp/a.png",
        "/ho" + "me/kim/a",
        "/roo" + "t/.cache",
    ],
    "a folder beside the project": ["../shar" + "ed/golden/a.json", "shar" + "ed/upbit/api.md"],
    "a package registry": ["https://pyp" + "i.org/simple"],
    "a private key": ["-----BEGIN RSA " + "PRIVATE KEY-----"],
    "a service's token": ["ghp_" + "a1B2" * 9, "AKIA" + "ABCD1234" * 2],
    "an exchange key": ['"access_' + 'key": "' + "a1B2c3D4" * 5 + '"'],
    "a signed token": ["eyJhbGciOiJIUzI1NiJ9.eyJhY2Nlc3Nfa2V5Ijo." + "c2lnbmF0dXJlLW9mLWNhbmFyeQ"],
    "how it was made": ["Co-authored" + "-by: someone", "a sub" + "agent wrote it"],
}
FINE = [
    "http://127.0.0.1:80/workers",
    "/tmp/.X11-unix/X0",  # noqa: S108 -- X11's own place
    "User-Agent: a browser",
    "a framework/part, base/root",
    '"access_key": "test-access-key"',
    "shared by both, in its session",
]


@pytest.mark.parametrize(
    ("kind", "text"), [(k, text) for k, texts in PLANTS.items() for text in texts]
)
def test_a_planted_line_is_found(kind: str, text: str) -> None:
    assert kind in set(kinds_in(text))


@pytest.mark.parametrize("text", FINE)
def test_ordinary_text_is_not_found(text: str) -> None:
    assert list(kinds_in(text)) == []


def test_no_file_holds_what_must_not_be_published() -> None:
    found = []
    for name, text in text_files():
        for number, line in enumerate(text.splitlines(), 1):
            kinds = [kind for kind in kinds_in(line) if not (name in MADE_UP and kind in KEYS)]
            found += [f"{name}:{number}: {kind}: {line.strip()[:80]}" for kind in kinds]
    assert not found, "\n" + "\n".join(found)


def test_no_file_is_larger_than_what_git_should_hold() -> None:
    large = [name for name in files() if (ROOT / name).stat().st_size > LARGEST]
    assert large == []


def test_shipped_fonts_and_icons_come_with_their_licences() -> None:
    fonts = ROOT / "resources" / "fonts"
    icons = ROOT / "resources" / "icons"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts / "LICENSE-Pretendard.txt").read_text()
    assert "ISC License" in (icons / "LICENSE-Lucide.txt").read_text()
    assert len(list(fonts.glob("Pretendard-*.otf"))) == 4
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "LICENSE").read_text()


def kinds_in(line: str) -> Iterator[str]:
    return (kind for kind, pattern in PATTERNS.items() if pattern.search(line))


def text_files() -> Iterator[tuple[str, str]]:
    for name in files():
        path = ROOT / name
        if path.suffix in TEXT:
            yield name, path.read_text(encoding="utf-8")


def files() -> list[str]:
    """Return what would be published: what git holds and what it would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
