"""Runs the fault rows and writes what they measured into docs/faults.md.

    python -m tests.faults.table [--from REPORT.xml]

Every row's tests print what they measured; their twins, which take the defence away, must fail
the same criterion. A row holds when all of its tests passed and at least one twin did.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).resolve().parents[2]
TABLE: Final = ROOT / "docs" / "faults.md"
FOLDERS: Final = ("tests/faults", "tests/gui/test_desk_rows.py")
_LONGEST: Final = 220
_NAME: Final = re.compile(r"test_row_(\d\d)_(.+)")
_FIGURE: Final = re.compile(r"\d+\.\d{4,}(e-?\d+)?")
_SAID: Final = re.compile(r"^row (\d\d) (.*)$", re.MULTILINE)
_COMMON: Final = (
    "no exception outside the reporter, no leaked task, socket or thread, the state on screen true"
    " within a second, nothing lost, doubled or out of order after repair, no request above a limit"
)


@dataclass
class Row:
    """A row of the matrix and what its tests did.

    `needs_quiet` says that times are judged in the long form only, on a machine left alone.
    """

    number: int
    fault: str
    criterion: str
    note: str = ""
    needs_quiet: bool = False
    measured: list[str] = field(default_factory=list)
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    twins: int = 0

    @property
    def verdict(self) -> str:
        """Return the verdict in a word or two."""
        if not self.passed and not self.failed:
            return "not run"
        if self.failed:
            return "fails"
        if not self.twins:
            return "no twin"
        return "holds, times not judged" if self.needs_quiet else "holds"


def rows() -> dict[int, Row]:
    """Return every row that has to have a test, by its number."""
    path = Path(__file__).with_name("criteria.toml")
    found = tomllib.loads(path.read_text(encoding="utf-8"))["row"]
    return {row["number"]: Row(**row) for row in found}


def is_twin(name: str) -> bool:
    """Whether a test of a row takes a defence away."""
    return "_without_its_" in name


def row_of(name: str) -> int | None:
    """Return which row a test belongs to."""
    found = _NAME.match(name)
    return int(found[1]) if found else None


def measured(report: Path) -> dict[int, Row]:
    """Return the rows with what a run's report says of them."""
    table = rows()
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        name = case.get("name", "")
        number = row_of(name)
        if number not in table:
            continue
        row = table[number]
        if case.find("failure") is not None or case.find("error") is not None:
            row.failed.append(name)
        elif case.find("skipped") is None:
            row.twins += is_twin(name)
            row.passed += not is_twin(name)
            said = case.findtext("system-out") or ""
            row.measured += [text for told, text in _SAID.findall(said) if int(told) == number]
    return table


def page(table: dict[int, Row], when: str) -> str:
    """Return the page."""
    held = sum(row.verdict.startswith("holds") for row in table.values())
    unjudged = sum(row.verdict.startswith("holds,") for row in table.values())
    lines = [
        "# What was measured under faults",
        "",
        f"Written by `python -m tests.faults.table` on {when}.",
        f"{held} of {len(table)} rows hold; of {unjudged} of them the times need a machine with",
        "nothing else to do and are judged in the long form only.",
        "",
        f"Every row also has to meet the common criterion: {_COMMON}. Each has a twin, a test that",
        "takes its defence away and must then miss the criterion. These are the short forms of the",
        "check; `python launch.py test --long` runs full counts. Rows 38 to 44 are of real orders,",
        "which this version doesn't place.",
        "",
        "| # | fault | has to meet | measured | verdict |",
        "|---|---|---|---|---|",
    ]
    for number in sorted(table):
        row = table[number]
        said = "<br>".join(_cell(_cut(text)) for text in row.measured) or "–"
        if row.note:
            said += f"<br>{_cell(row.note)}"
        cells = (_cell(row.fault), _cell(row.criterion), said, row.verdict)
        lines.append(f"| {number} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _cut(text: str) -> str:
    shown = _FIGURE.sub(lambda found: f"{float(found[0]):.3g}", text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


def _run(report: Path) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-o", "junit_logging=system-out"]
    command += [f"--junitxml={report}", *FOLDERS]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _when() -> str:
    git = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    commit = done.stdout.strip() or "unknown"
    cores, load = os.cpu_count(), os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    system = f"{platform.system()} {platform.machine()}, {cores} cores, load {load:.1f}"
    return f"{time.strftime('%Y-%m-%d', time.gmtime())} at commit {commit} ({system})"


def main(arguments: list[str]) -> int:
    """Run the rows, or take a run's report, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.table")
    parser.add_argument("--from", dest="report", type=Path, help="the report of a run already made")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = given.report or Path(folder) / "report.xml"
        when = _when()
        code = 0 if given.report else _run(report)
        table = measured(report)
    TABLE.write_text(page(table, when), encoding="utf-8")
    short = [
        f"{n} ({row.verdict})" for n, row in table.items() if not row.verdict.startswith("holds")
    ]
    sys.stdout.write(f"{TABLE}: rows that don't hold: {', '.join(short) or 'none'}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
