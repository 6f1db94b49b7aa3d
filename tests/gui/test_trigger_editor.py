"""Editing a trigger: every step can be taken back, nothing is ever lost or broken."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PyQt6.QtWidgets import QApplication

from tests.expressions import REGISTRY, expressions, random_comparisons
from upbit_auto_trading.domain.expression import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    all_of,
    any_of,
    comparisons,
    depth,
    none_of,
    variable,
    walk,
)
from upbit_auto_trading.domain.expression_edit import TooDeepError, TooManyConditionsError
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.trigger import Trigger, as_built, as_kept
from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor

Doing = Callable[[], object]
RSI = Comparison(variable("rsi", "1m"), Comparator.LESS_EQUAL, Constant(30))
VOLUME = Comparison(variable("volume", "1m"), Comparator.GREATER, variable("volume_average", "1m"))
MACD = Comparison(variable("macd", "1m"), Comparator.GREATER, Constant(0))


def editing(expression: Expression) -> TriggerEditor:
    made = TriggerEditor(REGISTRY)
    made.open(Trigger("t", "name", expression, Role.ENTRY), None)
    return made


def kept(editor: TriggerEditor) -> Expression:
    return editor.kept.expression


def random_edit(editor: TriggerEditor, data: st.DataObject) -> None:
    """One of everything that keys, mouse and fields can do to a tree."""
    nodes = [node.id for node in walk(editor.root)]
    groups = [node.id for node in walk(editor.root) if isinstance(node, Group)]
    chosen, group = data.draw(st.sampled_from(nodes)), data.draw(st.sampled_from(groups))
    editor.select(chosen, data.draw(st.sampled_from(["", "left", "right"])))
    place = data.draw(st.sampled_from([None, 0, 1]))
    names = [one.id for one in REGISTRY]
    doings: dict[str, Doing] = {
        "add variable": lambda: editor.add_variable(data.draw(st.sampled_from(names))),
        "add": lambda: editor.add(data.draw(random_comparisons()), group, place),
        "move": lambda: editor.move(chosen, group, place),
        "shift": lambda: editor.shift(data.draw(st.sampled_from([-1, 1]))),
        "wrap": lambda: editor.wrap(data.draw(st.sampled_from(GroupKind))),
        "unwrap": editor.unwrap,
        "negate": editor.negate,
        "toggle": editor.toggle_kind,
        "kind": lambda: editor.change_kind(group, data.draw(st.sampled_from(GroupKind)), 2),
        "remove": editor.remove,
        "duplicate": editor.duplicate,
        "paste": lambda: editor.paste(editor.copied()),
        "garbage": lambda: editor.paste("no part of a trigger"),
        "formula": lambda: editor.join("A and (B or not A"),
        "variable": lambda: editor.put_variable(chosen, "left", data.draw(st.sampled_from(names))),
        "fill": lambda: editor.fill(chosen, "left.multiplier", data.draw(st.integers(-9, 9))),
        "name": lambda: editor.describe(name=data.draw(st.text(max_size=5))),
    }
    doings[data.draw(st.sampled_from(sorted(doings)))]()


@settings(max_examples=60)
@given(expression=expressions(max_conditions=6), data=st.data())
def test_whatever_is_done_the_tree_stays_sound_and_every_step_goes_back(
    qapp: QApplication, expression: Expression, data: st.DataObject
) -> None:
    editor = editing(expression)
    seen = [editor.trigger]
    for _ in range(data.draw(st.integers(1, 12))):
        before = editor.trigger
        random_edit(editor, data)
        if editor.trigger != before:
            seen.append(editor.trigger)
        ids = [node.id for node in walk(editor.root)]
        assert len(set(ids)) == len(ids)
        assert isinstance(editor.root, Group)
        assert len(comparisons(editor.root)) <= MAX_CONDITIONS
        assert depth(editor.root) <= MAX_DEPTH
        assert editor.selection.node in ids
    last = editor.trigger
    while editor.undo():
        pass
    assert editor.trigger == seen[0]
    while editor.redo():
        pass
    assert editor.trigger == last


def test_typing_in_one_field_is_one_step(qapp: QApplication) -> None:
    editor = editing(RSI)
    node = comparisons(editor.root)[0].id
    for value in (1, 15, 150):
        editor.fill(node, "right.constant", value)
    editor.fill(node, "left.parameters.period", 9)
    editor.undo()
    assert comparisons(editor.root)[0].right == Constant(150)
    editor.undo()
    assert kept(editor) == RSI
    assert not editor.can_undo


def test_keys_do_what_their_letters_say(qapp: QApplication) -> None:
    editor = editing(all_of(RSI, VOLUME))
    rsi, volume = (one.id for one in comparisons(editor.root))
    editor.select(rsi)
    editor.negate()
    assert kept(editor) == all_of(none_of(RSI), VOLUME)
    editor.negate()
    assert kept(editor) == all_of(RSI, VOLUME)
    editor.toggle_kind()
    assert kept(editor) == any_of(RSI, VOLUME)
    editor.select(volume)
    editor.wrap(GroupKind.ALL)
    assert kept(editor) == any_of(RSI, all_of(VOLUME))
    editor.unwrap()
    assert kept(editor) == any_of(RSI, VOLUME)
    editor.duplicate()
    assert kept(editor) == any_of(RSI, VOLUME, VOLUME)
    editor.shift(-1)
    editor.shift(-1)
    assert kept(editor) == any_of(VOLUME, RSI, VOLUME)
    editor.remove()
    assert kept(editor) == any_of(RSI, VOLUME)


def test_what_is_added_goes_behind_what_is_selected(qapp: QApplication) -> None:
    editor = editing(all_of(RSI, VOLUME))
    editor.select(comparisons(editor.root)[0].id)
    editor.add(MACD)
    assert kept(editor) == all_of(RSI, MACD, VOLUME)
    editor.add(all_of(RSI, RSI))
    assert kept(editor) == all_of(RSI, MACD, RSI, RSI, VOLUME)
    editor.add(VOLUME)
    assert kept(editor) == all_of(RSI, MACD, RSI, RSI, VOLUME, VOLUME)


def test_the_root_is_emptied_not_removed(qapp: QApplication) -> None:
    editor = editing(any_of(RSI, VOLUME))
    editor.select(editor.root.id)
    editor.remove()
    assert comparisons(editor.root) == ()
    editor.undo()
    assert kept(editor) == any_of(RSI, VOLUME)


def test_limits_are_refused_and_the_tree_stays(qapp: QApplication) -> None:
    editor = editing(all_of(*[RSI] * MAX_CONDITIONS))
    refused: list[Exception] = []
    editor.refused.connect(refused.append)
    before = editor.trigger
    assert not editor.add_variable("macd")
    assert isinstance(refused[-1], TooManyConditionsError)
    assert editor.trigger == before
    editor.open(Trigger("d", "deep", RSI, Role.ENTRY), None)
    for _ in range(MAX_DEPTH):
        editor.wrap()
    assert depth(editor.root) == MAX_DEPTH
    assert isinstance(refused[-1], TooDeepError)


def test_a_formula_joins_the_conditions_anew(qapp: QApplication) -> None:
    editor = editing(all_of(RSI, VOLUME, MACD))
    assert editor.join("A and (B or not C)")
    assert kept(editor) == all_of(RSI, any_of(VOLUME, none_of(MACD)))
    before = editor.trigger
    for wrong in ("A and B", "A and B or C", "(A and B", "A and D", ""):
        assert not editor.join(wrong)
    assert editor.trigger == before


def test_a_part_travels_between_triggers_as_json(qapp: QApplication) -> None:
    editor = editing(all_of(RSI, any_of(VOLUME, MACD)))
    inner = next(n for n in walk(editor.root) if isinstance(n, Group) and n.kind is GroupKind.ANY)
    editor.select(inner.id)
    text = editor.copied()
    other = editing(RSI)
    assert other.paste(text)
    assert kept(other) == all_of(RSI, any_of(VOLUME, MACD))


@pytest.mark.parametrize("garbage", ["", "{", "[1]", "\x00", "한글", "9" * 10_000_000])
def test_pasted_garbage_changes_nothing(qapp: QApplication, garbage: str) -> None:
    editor = editing(all_of(RSI, VOLUME))
    before = editor.trigger
    assert not editor.paste(garbage)
    assert editor.trigger == before
    assert not editor.can_undo


def test_what_is_saved_counts_as_unchanged(qapp: QApplication) -> None:
    editor = editing(RSI)
    assert editor.is_changed
    editor.saved_as(editor.kept)
    assert not editor.is_changed
    editor.negate()
    assert editor.is_changed
    editor.undo()
    assert not editor.is_changed
    assert as_kept(as_built(RSI)) == kept(editor)
