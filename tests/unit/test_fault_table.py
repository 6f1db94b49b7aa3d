"""The table of faults: every row has tests and a twin, and the page has every row."""

import ast
import re
from pathlib import Path

import pytest

from tests.faults.table import FOLDERS, ROOT, TABLE, Row, is_twin, measured, page, row_of, rows
from upbit_auto_trading.simulator.fault.fault_matrix import matrix

REPORT = """<?xml version="1.0"?><testsuites><testsuite>
<testcase name="test_row_01_closed[1006]"><system-out>row 01 back after (s): 0.2 (≤ 1.0)
row 02 not of this row: 1 (1)
</system-out></testcase>
<testcase name="test_row_01_without_its_defence_fails"/>
<testcase name="test_row_02_resets"><failure message="x">boom</failure></testcase>
<testcase name="test_row_02_without_its_defence_fails"/>
<testcase name="test_row_03_tls"><system-out>row 03 a | b &lt;c&gt;: 1 (2)
</system-out></testcase>
<testcase name="test_row_04_names"><skipped/></testcase>
<testcase name="test_after_random_faults"/>
</testsuite></testsuites>"""


def _tests() -> dict[int, list[str]]:
    """Return the names of every row's tests."""
    found: dict[int, list[str]] = {}
    for place in FOLDERS:
        path = ROOT / place
        for file in [path] if path.is_file() else sorted(path.glob("test_*.py")):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    number = row_of(node.name)
                    if number is not None:
                        found.setdefault(number, []).append(node.name)
    return found


def test_the_rows_are_those_of_the_matrix_and_of_the_desk() -> None:
    assert sorted(rows()) == [*(row.number for row in matrix()), *range(45, 61)]


@pytest.mark.parametrize("number", sorted(rows()))
def test_every_row_has_tests_and_a_twin(number: int) -> None:
    names = _tests()[number]
    assert [name for name in names if not is_twin(name)]
    assert [name for name in names if is_twin(name)]


def test_the_page_in_the_documents_has_every_row_once() -> None:
    text = TABLE.read_text(encoding="utf-8")
    numbers = [int(one) for one in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)]
    assert numbers == sorted(rows())
    assert "not run" not in text
    for row in rows().values():
        assert row.criterion.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;") in text


def test_a_row_holds_only_with_its_tests_and_a_twin(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT, encoding="utf-8")
    table = measured(report)
    assert table[1].measured == ["back after (s): 0.2 (≤ 1.0)"]
    verdicts = [table[number].verdict for number in (1, 2, 3, 4)]
    assert verdicts == ["holds", "fails", "no twin", "not run"]


def test_a_cell_cannot_break_the_table() -> None:
    row = Row(1, "a | b", "c <d>", measured=[f"0.123456789 {'x' * 500}"])
    line = page({1: row}, "today").splitlines()[-1]
    assert line.startswith("| 1 | a \\| b | c &lt;d&gt; | 0.123 xxx")
    assert len(line) < 300
