"""CSV: what goes in comes out, and nothing in it is a formula."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.application.csv_text import BYTE_ORDER_MARK, csv_text

TEXTS = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=20)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))


@given(st.lists(st.tuples(TEXTS, st.integers(), st.floats(allow_nan=False)), max_size=5))
def test_every_cell_comes_back_and_none_is_a_formula(rows: list[tuple[str, int, float]]) -> None:
    head, *back = read(csv_text(("이름", "n", "x"), rows))
    assert head == ["이름", "n", "x"]
    assert len(back) == len(rows)
    for given_row, row in zip(rows, back, strict=True):
        assert row[0].removeprefix("'") == given_row[0].removeprefix("'")
        assert not row[0].lstrip().startswith(("=", "+", "-", "@"))
        assert (int(row[1]), float(row[2])) == given_row[1:]


def test_a_text_that_would_run_is_quoted_and_a_negative_number_is_not() -> None:
    assert read(csv_text(("a",), [("=cmd()",), (" +1",), (-1.5,)]))[1:] == [
        ["'=cmd()"],
        ["' +1"],
        ["-1.5"],
    ]
