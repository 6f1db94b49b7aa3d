"""Rows 1 to 37 of the fault matrix can all be brought about, and the command says how."""

import argparse

import pytest

from upbit_auto_trading.simulator.fault.fault_catalogue import FAULTS
from upbit_auto_trading.simulator.fault.fault_matrix import MatrixRow, matrix
from upbit_auto_trading.simulator.market.scenarios import SCENARIO_NAMES
from upbit_auto_trading.simulator.options import add_arguments, fault_list

ROWS = matrix()
FROM_OUTSIDE = {4, 16, 17, 30}
"""Rows the exchange has no part in: names, the computer's clock, what a client asks for."""


def test_there_are_exactly_rows_1_to_37() -> None:
    assert [row.number for row in ROWS] == list(range(1, 38))
    assert {number for kind in FAULTS.values() for number in kind.rows} - set(range(38, 61)) == {
        row.number for row in ROWS if row.faults
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row {row.number}")
def test_every_row_names_a_fault_a_scenario_or_what_the_client_does(row: MatrixRow) -> None:
    assert row.faults or row.scenarios or row.how
    assert set(row.faults) <= set(FAULTS)
    assert set(row.scenarios) <= set(SCENARIO_NAMES)
    if row.number in FROM_OUTSIDE:
        assert row.how
    else:
        assert row.faults or row.scenarios


def test_options_a_row_speaks_of_exist() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    known = {option for action in parser._actions for option in action.option_strings}
    named = {word.strip(",;") for row in ROWS for word in row.how.split() if word.startswith("--")}
    assert named
    assert named <= known


def test_the_command_prints_every_row() -> None:
    lines = fault_list(as_json=False).splitlines()
    printed = lines[lines.index("") + 2 :]
    assert [int(line.split()[0]) for line in printed] == list(range(1, 38))
    for row, line in zip(ROWS, printed, strict=True):
        assert row.title in line
        assert all(name in line for name in row.faults)
        assert row.how in line
