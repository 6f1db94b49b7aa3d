"""Where the canvas puts things: nothing overlaps, nothing hides what a trader needs."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PyQt6.QtCore import QPoint, QRect

from tests.expressions import REGISTRY, expressions
from upbit_auto_trading.domain.expression import Comparator, Comparison, Expression, variable
from upbit_auto_trading.domain.trigger import as_built
from upbit_auto_trading.presentation.screens.trigger_findings import findings_of
from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.widgets.condition_layout import (
    Box,
    Layout,
    chip_width,
    laid_out,
)
from upbit_auto_trading.presentation.widgets.condition_looks import ChipLook, GroupLook, RowLook

_ON_TOP = ("note", "empty")


def look_of(expression: Expression) -> GroupLook:
    words = TriggerWords(REGISTRY, {})
    root = as_built(expression)
    return words.tree(root, findings_of(root, REGISTRY, words.notes))


def inside(layout: Layout, box: Box) -> list[Box]:
    return [other for other in layout.boxes if other.parent == box.node]


@pytest.mark.usefixtures("_fonts")
@settings(max_examples=40)
@given(expression=expressions(), width=st.integers(320, 1400))
def test_boxes_lie_inside_their_group_one_below_the_other(
    expression: Expression, width: int
) -> None:
    layout = laid_out(look_of(expression), width)
    whole = QRect(0, 0, width, layout.height)
    for box in layout.boxes:
        assert whole.contains(box.area)
        children = inside(layout, box)
        for child in children:
            assert box.area.contains(child.area)
        for upper, lower in itertools.pairwise(children):
            assert upper.area.bottom() < lower.area.top()


@pytest.mark.usefixtures("_fonts")
@settings(max_examples=40)
@given(expression=expressions(), width=st.integers(560, 1400))
def test_parts_of_a_row_never_overlap_where_there_is_room(
    expression: Expression, width: int
) -> None:
    for box in laid_out(look_of(expression), width).boxes:
        if not isinstance(box.look, RowLook):
            continue
        row = {name: area for name, area in box.parts.items() if area.top() < box.area.top() + 46}
        fixed = {name: area for name, area in row.items() if name in ("truth", "menu", "value")}
        for (_, one), (_, other) in itertools.combinations(fixed.items(), 2):
            assert not one.intersects(other)
        grip, letter, left = row["grip"], row["letter"], row["left"]
        assert grip.right() < letter.left() < letter.right() < left.left()


def test_chips_are_whole_where_they_fit(theme: Theme) -> None:
    chip = ChipLook("RSI(14)", "1분 · 마감봉")
    look = RowLook("n2", "A", chip, "≤", ChipLook("20", "고정값", is_fixed=True))
    root = GroupLook("n1", "group-and", "모두 만족", "AND", (look,))
    for width in range(560, 1200, 7):
        box = laid_out(root, width).box("n2")
        assert box is not None
        assert box.parts["left"].width() == chip_width(chip), width


@pytest.mark.parametrize("width", [320, 480, 900])
def test_a_drop_goes_where_the_pointer_is(theme: Theme, width: int) -> None:
    rows = tuple(RowLook(f"r{n}", "A", ChipLook("RSI"), "<", ChipLook("1")) for n in range(2))
    inner = GroupLook("inner", "group-or", "OR", "OR", rows)
    empty = GroupLook("empty", "group-or", "OR", "OR", ())
    root = GroupLook("root", "group-and", "AND", "AND", (inner, empty))
    layout = laid_out(root, width)

    def dropped(x: int, y: int) -> tuple[str, int]:
        place = layout.drop_at(QPoint(x, y))
        assert place is not None
        return place.group, place.place

    first, second = layout.box("r0"), layout.box("r1")
    hollow = layout.box("empty")
    assert first is not None
    assert second is not None
    assert hollow is not None
    x = first.area.center().x()
    assert dropped(x, first.area.top() + 2) == ("inner", 0)
    assert dropped(x, first.area.bottom() + 1) == ("inner", 1)
    assert dropped(x, second.area.bottom()) == ("inner", 2)
    assert dropped(x, hollow.area.center().y()) == ("empty", 0)
    assert dropped(2, hollow.area.bottom() + 2) == ("root", 2)
    assert dropped(-50, -50)[0] == "root"


def test_what_lies_on_top_is_found_first(theme: Theme) -> None:
    mismatch = Comparison(variable("rsi", "1m"), Comparator.LESS, variable("close", "1m"))
    layout = laid_out(look_of(mismatch), 900)
    box = layout.boxes[1]
    assert "repair0" in box.parts
    for name, area in box.parts.items():
        if name in _ON_TOP:
            continue
        found = layout.at(area.center())
        assert found is not None
        assert found[1] == name


@pytest.mark.usefixtures("_fonts")
@settings(max_examples=40)
@given(expression=expressions(), width=st.integers(320, 1400))
def test_truths_of_one_group_stand_below_one_another(expression: Expression, width: int) -> None:
    layout = laid_out(look_of(expression), width)
    for box in layout.boxes:
        rows = [one for one in inside(layout, box) if isinstance(one.look, RowLook)]
        assert len({one.parts["truth"].left() for one in rows}) <= 1
