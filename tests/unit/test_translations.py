"""The catalogues are complete, and the check that says so is proven on catalogues that aren't."""

import gettext
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path("resources") / "i18n" / "catalogues.py"
KO = Path("resources") / "i18n" / "ko" / "LC_MESSAGES"

SOURCE = """
def _(text):
    return text

OPEN = _("Open")
PLACES = _("{n} places")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project of two texts whose catalogues are complete."""
    (tmp_path / "upbit_auto_trading").mkdir()
    (tmp_path / "upbit_auto_trading" / "window.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / PROGRAM).parent.mkdir(parents=True)
    shutil.copy(ROOT / PROGRAM, tmp_path / PROGRAM)
    catalogues(tmp_path)
    translate(tmp_path, "Open", "열기")
    translate(tmp_path, "{n} places", "{n}곳")
    catalogues(tmp_path)
    return tmp_path


def test_every_text_of_the_application_is_translated_and_compiled() -> None:
    code, told = catalogues(ROOT, "--check")
    assert code == 0, told


def test_a_complete_project_passes_and_its_texts_can_be_read(project: Path) -> None:
    code, told = catalogues(project, "--check")
    assert (code, told) == (0, "2 texts in 2 languages, complete and compiled.\n")
    folder = project / "resources" / "i18n"
    korean = gettext.translation("upbit_auto_trading", folder, ["ko"])
    english = gettext.translation("upbit_auto_trading", folder, ["en"])
    assert (korean.gettext("Open"), english.gettext("Open")) == ("열기", "Open")
    # the moment of compiling would make every compilation another file
    assert korean.info()["pot-creation-date"] == "2026-01-01 00:00+0000"


def test_a_new_text_is_missing_until_it_is_extracted_and_then_waits_for_korean(
    project: Path,
) -> None:
    source = project / "upbit_auto_trading" / "window.py"
    source.write_text(f'{SOURCE}\nCLOSE = _("Close")\n', encoding="utf-8")
    code, told = catalogues(project, "--check")
    assert code == 1
    assert told.splitlines() == ["ko: missing: 'Close'", "en: missing: 'Close'"]
    code, told = catalogues(project)
    assert (code, told) == (1, "ko: not translated: 'Close'\n")


def test_a_text_that_nobody_uses_any_more_is_found(project: Path) -> None:
    source = project / "upbit_auto_trading" / "window.py"
    source.write_text(SOURCE.replace('OPEN = _("Open")', ""), encoding="utf-8")
    assert catalogues(project, "--check") == (1, "ko: not used: 'Open'\nen: not used: 'Open'\n")


def test_a_fuzzy_text_is_found(project: Path) -> None:
    po = project / KO / "upbit_auto_trading.po"
    text = po.read_text(encoding="utf-8")
    po.write_text(text.replace('msgid "Open"', '#, fuzzy\nmsgid "Open"'), encoding="utf-8")
    code, told = catalogues(project, "--check")
    assert code == 1
    assert "ko: marked as fuzzy: 'Open'" in told


def test_a_placeholder_lost_in_translation_is_found(project: Path) -> None:
    translate(project, "{n} places", "여러 곳")
    code, told = catalogues(project)
    assert (code, told) == (1, "ko: not the same {fields}: '{n} places'\n")


def test_a_text_changed_after_compiling_is_found(project: Path) -> None:
    translate(project, "Open", "열어요")
    code, told = catalogues(project, "--check")
    assert code == 1
    assert told.startswith("ko: upbit_auto_trading.mo isn't what")


def test_running_it_twice_changes_nothing(project: Path) -> None:
    before = contents(project)
    assert catalogues(project)[0] == 0
    assert contents(project) == before


def translate(project: Path, text: str, translation: str) -> None:
    """Write a Korean text as a person would, into the catalogue."""
    po = project / KO / "upbit_auto_trading.po"
    lines = po.read_text(encoding="utf-8").splitlines()
    lines[lines.index(f'msgid "{text}"') + 1] = f'msgstr "{translation}"'
    po.write_text("\n".join(lines) + "\n", encoding="utf-8")


def contents(project: Path) -> dict[str, bytes]:
    files = (project / "resources").rglob("upbit_auto_trading.*")
    return {str(path): path.read_bytes() for path in files}


def catalogues(project: Path, *options: str) -> tuple[int, str]:
    """Run the program; return its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, str(project / PROGRAM), *options],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PYTHONUTF8": "1"},
        timeout=60,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout
