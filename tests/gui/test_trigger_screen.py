"""The trigger screen as a trader uses it: built by keys, mouse and drags, kept, found again."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PyQt6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QGuiApplication, QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from tests.builders import START_MS, candle, origin, trade
from tests.expressions import EVERY_NAME
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of
from tests.waiting import until
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.evaluation_record import ComparisonRecord, GroupRecord
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    all_of,
    any_of,
    comparisons,
    none_of,
    variable,
)
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.domain.trigger import Trigger
from upbit_auto_trading.domain.trigger_json import trigger_to_json
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.infrastructure.strategy_library import StrategyLibrary
from upbit_auto_trading.infrastructure.trigger_shelf import SqliteTriggerShelf
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.screens.trigger_screen import TriggerScreen
from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor
from upbit_auto_trading.presentation.viewmodels.trigger_store import TriggerStore
from upbit_auto_trading.presentation.widgets import condition_canvas, variable_palette
from upbit_auto_trading.presentation.widgets.condition_looks import RowLook
from upbit_auto_trading.presentation.widgets.drag_source import NODE, VARIABLE
from upbit_auto_trading.presentation.widgets.property_fields import (
    ChoiceField,
    NumberField,
    TextField,
)
from upbit_auto_trading.presentation.widgets.text import Text

RSI = Comparison(variable("rsi", "1m", period=14), Comparator.LESS_EQUAL, Constant(30))
Hands: Any = QTest  # its stubs declare static functions as methods
MACD = Comparison(variable("macd", "1m"), Comparator.GREATER_EQUAL, Constant(0))
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


class Built:
    """A trigger screen over a data folder and a fake feed; it can be closed and opened again."""

    def __init__(self, theme: Theme, feed: FakeMarketDataFeed, folder: Path) -> None:
        self._theme, self.feed, self.folder = theme, feed, folder
        self._settings = SettingsViewModel(SettingsService())
        self.told: list[str] = []
        self.screen: TriggerScreen
        self.navigation: Navigation

    async def open(self, *, waits: bool = True) -> TriggerScreen:
        self._library = StrategyLibrary(self.folder, shipped_variables())
        await self._library.__aenter__()
        shelf = SqliteTriggerShelf(self._library, shipped_variables())
        self.navigation = navigation = Navigation()
        context = ScreenContext(self._theme, self._settings, lambda: START_MS / 1000, navigation)
        self.screen = TriggerScreen(context)
        self.screen.told.connect(self.told.append)
        self.screen.resize(1500, 900)
        self.screen.show()
        self.screen.opened()
        self.screen.attach(replace(services_of(self.feed), triggers=shelf))
        if waits:
            await until(lambda: self.store.is_listed)
        return self.screen

    async def close(self) -> None:
        await self.screen.detach()
        self.screen.hide()
        self.screen.deleteLater()
        await self._library.__aexit__(None, None, None)

    async def again(self) -> TriggerScreen:
        await self.close()
        return await self.open()

    async def end(self) -> None:
        await self.close()
        await self._settings.close()
        self._settings.deleteLater()

    @property
    def store(self) -> TriggerStore:
        store = self.screen.shelf.store
        assert store is not None
        return store

    @property
    def editor(self) -> TriggerEditor:
        return self.screen.editor

    def key(self, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        held = Qt.KeyboardModifier.NoModifier
        for modifier in modifiers:
            held |= modifier
        Hands.keyClick(self.screen.bench.canvas, key, held)

    def type_quick(self, text: str) -> None:
        line = self.screen.bench.quick.input
        line.setText(text)
        Hands.keyClick(line, Qt.Key.Key_Return)

    def number(self, key: str) -> NumberField:
        field = self.screen.bench.panel.field(key)
        assert isinstance(field, NumberField), key
        return field

    def type_number(self, key: str, text: str) -> None:
        line = self.number(key).input
        line.setFocus()
        line.clear()
        for end in range(1, len(text) + 1):
            line.setText(text[:end])
            line.textEdited.emit(text[:end])

    def kept(self) -> Expression:
        return self.editor.kept.expression


def while_built(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Run a test beside an open screen, which ends on the same run of the loop."""

    async def run(theme: Theme, feed: FakeMarketDataFeed, tmp_path: Path) -> None:
        built = Built(theme, feed, tmp_path)
        await built.open()
        try:
            await test(built)
        finally:
            await built.end()

    return run


CTRL = Qt.KeyboardModifier.ControlModifier


@while_built
async def test_an_empty_folder_offers_the_seven_rules_and_a_new_trigger(built: Built) -> None:
    screen = built.screen
    assert screen.empty.isVisible()
    assert not screen.bench.isVisible()
    screen.empty.action.click()
    await until(lambda: len(built.store.listing.triggers) == 7)
    rules = shipped_template(SEVEN_RULES).strategy.rules
    saved = {one.expression: one.role for one in built.store.listing.triggers}
    assert saved == {rule.trigger: rule.role for rule in rules}
    assert screen.bench.isVisible()
    assert not built.editor.is_changed
    assert "RSI" in built.editor.trigger.name


@while_built
async def test_a_new_trigger_is_named_typed_saved_and_found_after_a_restart(built: Built) -> None:
    built.screen.empty.second.click()
    name = built.screen.bench.header.name
    Hands.keyClicks(name, "My trigger")
    Hands.keyClick(name, Qt.Key.Key_Return)
    built.type_quick("rsi 14 1m <= 30")
    assert built.kept() == RSI
    Hands.keyClick(built.screen.bench.canvas, Qt.Key.Key_S, CTRL)
    await until(lambda: built.editor.trigger.revision == 1)
    assert not built.editor.is_changed
    await built.again()
    assert built.editor.trigger.name == "My trigger"
    assert built.kept() == RSI
    assert built.screen.list.ids() == [built.editor.trigger.id]


@while_built
async def test_every_variable_is_placed_saved_and_reloaded(built: Built) -> None:
    built.screen.empty.second.click()
    placed = {}
    for name in EVERY_NAME:
        built.screen.shelf.new()
        built.screen.palette_pane.chosen.emit(VARIABLE, name)
        built.editor.describe(name=name)
        for row in fields_with_rules(built):
            row.box.setEditText("entry")
        assert built.screen.bench.can_be_saved, name
        placed[name] = built.editor.kept
    built.store.save_all(list(placed.values()))
    await until(lambda: len(built.store.listing.triggers) == len(EVERY_NAME))
    await built.again()
    assert {one.name: one.expression for one in built.store.listing.triggers} == {
        name: trigger.expression for name, trigger in placed.items()
    }


def fields_with_rules(built: Built) -> Iterator[ChoiceField]:
    for side in ("left", "right"):
        field = built.screen.bench.panel.field(f"{side}.parameters.rule")
        if isinstance(field, ChoiceField):
            yield field


@while_built
async def test_the_palette_is_searched_in_both_languages_and_enter_adds(built: Built) -> None:
    built.screen.empty.second.click()
    palette = built.screen.palette_pane
    for text, found in (
        ("볼린저", "bollinger_upper"),
        ("bolli", "bollinger_upper"),
        ("rsi", "rsi"),
    ):
        palette.search.setText(text)
        assert found in palette.shown()
    palette.search.setText("ㅎㅈㄱ")
    assert palette.shown() == ["price"]
    Hands.keyClick(palette.search, Qt.Key.Key_Return)
    assert comparisons(built.editor.root)[0].left.variable == "price"
    palette.search.setText("nothing like it")
    assert palette.shown() == []


@while_built
async def test_the_tree_is_built_by_keys_alone(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.type_quick("macd 1m >= 0")
    built.key(Qt.Key.Key_G)
    assert built.kept() == all_of(RSI, all_of(MACD))
    built.key(Qt.Key.Key_O)
    assert built.kept() == all_of(RSI, any_of(MACD))
    built.key(Qt.Key.Key_Up)
    built.key(Qt.Key.Key_Up)
    built.key(Qt.Key.Key_N)
    assert built.kept() == all_of(none_of(RSI), any_of(MACD))
    built.key(Qt.Key.Key_D, CTRL)
    assert len(comparisons(built.editor.root)) == 3
    built.key(Qt.Key.Key_Delete)
    built.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    for _ in range(3):
        built.editor.undo()
    built.key(Qt.Key.Key_Z, CTRL)
    assert built.kept() != all_of(none_of(RSI), any_of(MACD))
    built.key(Qt.Key.Key_Home)
    assert built.editor.selection.node == built.editor.root.id
    built.key(Qt.Key.Key_C, CTRL)
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert '"rsi"' in clipboard.text()
    built.key(Qt.Key.Key_Delete)
    assert comparisons(built.editor.root) == ()
    built.key(Qt.Key.Key_V, CTRL)
    assert len(comparisons(built.editor.root)) == 2


@while_built
async def test_arrows_walk_through_rows_and_parts_and_space_edits(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    for part in ("left", "comparator", "right"):
        built.key(Qt.Key.Key_Right)
        assert built.editor.selection.part == part
    built.key(Qt.Key.Key_Space)
    number = built.number("right.constant")
    await until(lambda: number.input.hasFocus() or not built.screen.isActiveWindow())
    number.input.selectAll()
    Hands.keyClicks(number.input, "25")
    assert comparisons(built.editor.root)[0].right == Constant(25)
    Hands.keyClick(number.input, Qt.Key.Key_Return)
    for _ in range(4):
        built.key(Qt.Key.Key_Left)
    assert built.editor.selection.node == built.editor.root.id


@while_built
async def test_every_keystroke_in_a_field_is_shown_at_once(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    shown: list[str] = []
    built.editor.changed.connect(lambda: shown.append(row(built, 0).left.text))
    built.type_number("left.parameters.period", "200")
    assert shown == ["RSI(2)", "RSI(20)", "RSI(200)"] or shown[-2:] == ["RSI(20)", "RSI(200)"]
    assert "RSI(200)" in built.screen.bench.sentence._sentence.text()


@while_built
async def test_a_number_out_of_range_is_refused_where_it_is_typed(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    field = built.number("left.parameters.period")
    for typed, problem, repaired in (
        ("500", "2부터 200까지예요.", 200),
        ("14.5", "정수만 쓸 수 있어요.", 14),
        ("1", "2부터 200까지예요.", 2),
    ):
        built.editor.fill(comparisons(built.editor.root)[0].id, "left.parameters.period", 14)
        built.type_number("left.parameters.period", typed)
        assert field._problem.text() == problem
        assert field.input.property("problem") is True
        field._repair.click()
        assert comparisons(built.editor.root)[0].left.parameter("period") in (repaired, None)
        assert not field._problem.isVisible()
    for typed in ("", "abc", "--"):
        before = built.kept()
        built.type_number("right.constant", typed or "x")
        assert built.number("right.constant")._problem.text() == "숫자를 적어 주세요."
        assert built.kept() == before


@while_built
async def test_amounts_are_typed_as_koreans_write_them(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("close 1m > 100")
    built.type_number("right.constant", "1.4억")
    assert comparisons(built.editor.root)[0].right == Constant(140_000_000)


@while_built
async def test_units_that_differ_are_said_in_row_and_panel_and_mended_by_one_press(
    built: Built,
) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m < close")
    note = row(built, 0).note
    assert note is not None
    assert (note.tone, note.chip, note.bad_part) == ("bad", "단위 불일치", "right")
    assert "고정값 30" in note.repairs[0]
    assert not built.screen.bench.can_be_saved
    canvas = built.screen.bench.canvas
    box = canvas.layout_shown.boxes[1]
    click(canvas, box.parts["repair0"].center())
    assert comparisons(built.editor.root)[0].right == Constant(30)
    assert row(built, 0).note is None
    built.editor.undo()
    built.screen.bench.panel.repair_chosen.emit(1)
    assert comparisons(built.editor.root)[0].right == variable("rsi_average", "1m", period=14)


@while_built
async def test_what_can_not_be_saved_is_kept_as_a_draft(built: Built) -> None:
    built.screen.empty.second.click()
    built.editor.describe(name="half done")
    built.type_quick("rsi 14 1m < close")
    Hands.keyClick(built.screen.bench.canvas, Qt.Key.Key_S, CTRL)
    assert any("초안" in text for text in built.told)
    await built.again()
    assert built.editor.trigger.name == "half done"
    assert built.store.listing.triggers == ()
    assert any("이어서" in text for text in built.told)


@while_built
async def test_contradictions_and_foregone_conditions_are_said_with_a_way_out(
    built: Built,
) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m < 20")
    built.type_quick("rsi 14 1m > 80")
    note = row(built, 1).note
    assert note is not None
    assert "A" in note.text
    assert note.chip == "모순"
    canvas = built.screen.bench.canvas
    canvas.repair_chosen.emit(comparisons(built.editor.root)[1].id, 0)
    assert built.screen.bench.blocked == 0
    built.type_quick("rsi 14 1m <= 100")
    foregone = row(built, 2).note
    assert foregone is not None
    assert foregone.tone == "warn"
    assert foregone.repairs


@while_built
async def test_variables_that_do_not_fit_the_chosen_place_are_grey(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m < 30")
    node = comparisons(built.editor.root)[0].id
    built.editor.select(node, "right")
    grey = built.screen.bench.canvas_link.unfitting()
    assert "close" in grey
    assert "rsi_average" not in grey
    built.editor.select(node)
    assert built.screen.bench.canvas_link.unfitting() == frozenset()


def click(widget: QWidget, at: QPoint) -> None:
    button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        where = QPointF(at)
        held = button if kind is QEvent.Type.MouseButtonPress else Qt.MouseButton.NoButton
        event = QMouseEvent(kind, where, QPointF(widget.mapToGlobal(at)), button, held, none)
        QApplication.sendEvent(widget, event)


def drag_over(canvas: QWidget, kind: str, value: str, at: QPoint, *, drops: bool) -> None:
    data = QMimeData()
    data.setData(kind, value.encode())
    where, buttons = QPointF(at), Qt.MouseButton.LeftButton
    none, action = Qt.KeyboardModifier.NoModifier, Qt.DropAction.MoveAction
    QApplication.sendEvent(canvas, QDragEnterEvent(at, action, data, buttons, none))
    QApplication.sendEvent(canvas, QDragMoveEvent(at, action, data, buttons, none))
    if drops:
        QApplication.sendEvent(canvas, QDropEvent(where, action, data, buttons, none))


@while_built
async def test_a_variable_is_dropped_between_conditions(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.type_quick("macd 1m >= 0")
    canvas = built.screen.bench.canvas
    first, second = canvas.layout_shown.boxes[1:3]
    gap = QPoint(first.area.right() - 200, (first.area.bottom() + second.area.top()) // 2)
    drag_over(canvas, VARIABLE, "cci", gap, drops=True)
    assert [one.left.variable for one in comparisons(built.editor.root)] == ["rsi", "cci", "macd"]


@while_built
async def test_a_variable_is_dropped_on_a_side_and_sides_it_does_not_fit_are_grey(
    built: Built,
) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.type_quick("close 1m > sma 20")
    canvas = built.screen.bench.canvas
    rsi, close = comparisons(built.editor.root)
    place = canvas.layout_shown.boxes[2].parts["right"].center()
    drag_over(canvas, VARIABLE, "ema", place, drops=False)
    assert (rsi.id, "right") in canvas._state.greyed
    assert (close.id, "right") not in canvas._state.greyed
    drag_over(canvas, VARIABLE, "ema", place, drops=True)
    assert comparisons(built.editor.root)[1].right == variable("ema", "1m")
    assert canvas._state.greyed == frozenset()


@while_built
async def test_a_condition_is_dragged_into_a_group(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.type_quick("macd 1m >= 0")
    built.key(Qt.Key.Key_G)
    canvas = built.screen.bench.canvas
    group = canvas.layout_shown.boxes[2]
    node = comparisons(built.editor.root)[0].id
    drag_over(canvas, NODE, node, group.area.bottomLeft() + QPoint(30, -4), drops=True)
    assert built.kept() == all_of(MACD, RSI)


@while_built
async def test_the_quick_line_says_what_it_reads_and_what_is_wrong(built: Built) -> None:
    built.screen.empty.second.click()
    quick = built.screen.bench.quick
    quick.input.setText("rsi 14 15m <")
    assert "필요해요" in quick._meaning.text()
    assert not quick._add.isEnabled()
    quick.input.setText("rsi 14 15m < 30")
    assert "15분 마감봉 RSI(14)" in quick._meaning.text()
    assert quick._add.text() == "A로 추가"
    quick.input.setText("rsi < close")
    assert quick._chip.text() == "단위 불일치"
    quick.input.setText("rsj < 30")
    assert "rsi" in quick._meaning.text()
    Hands.keyClick(quick.input, Qt.Key.Key_Return)
    assert comparisons(built.editor.root) == ()


@while_built
async def test_the_formula_joins_the_tree_anew(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.type_quick("macd 1m >= 0")
    formula = built.screen.bench.sentence.formula
    assert formula.text() == "A and B"
    formula.setFocus()
    formula.setText("A or")
    formula.textEdited.emit("A or")
    assert built.screen.bench.sentence._note.text()
    formula.setText("A or not B")
    Hands.keyClick(formula, Qt.Key.Key_Return)
    assert built.kept() == any_of(RSI, none_of(MACD))


@while_built
async def test_a_trigger_is_copied_pasted_and_garbage_of_any_size_refused(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.editor.describe(name="원본")
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    built.screen.files.copy(built.editor.trigger.id)
    built.screen.files.paste()
    assert built.editor.trigger.name == "원본"
    assert built.kept() == RSI
    before = built.editor.trigger
    for garbage in ("x" * 10_000_000, "{", '{"version": 9}', "", "한글"):
        clipboard.setText(garbage)
        told = len(built.told)
        built.screen.files.paste()
        built.screen.bench.canvas_link.paste()
        assert built.editor.trigger == before
        assert len(built.told) == told + 2
    clipboard.clear()


@while_built
async def test_triggers_are_exported_to_a_file_and_imported(built: Built) -> None:
    tmp_path = built.folder
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.editor.describe(name="원본", tags=("단타",))
    path = tmp_path / "one.trigger.json"
    built.screen.files._write(path, built.editor.kept)
    built.screen.files._read(path)
    assert built.editor.trigger.tags == ("단타",)
    told = len(built.told)
    built.screen.files._read(tmp_path / "missing.json")
    path.write_bytes(b"\xff" * 2_000_000)
    built.screen.files._read(path)
    assert len(built.told) == told + 2
    assert built.editor.trigger.tags == ("단타",)


@while_built
async def test_deleting_is_taken_back_with_one_press(built: Built) -> None:
    await load_seven(built)
    first = built.editor.trigger
    built.screen.list.delete_asked.emit(first.id)
    await until(lambda: len(built.store.listing.triggers) == 6)
    assert built.editor.trigger.id != first.id
    assert built.screen.list._gone.isVisibleTo(built.screen.list)
    built.screen.list.undo_pressed.emit()
    await until(lambda: len(built.store.listing.triggers) == 7)


async def load_seven(built: Built) -> None:
    built.screen.empty.action.click()
    await until(lambda: len(built.store.listing.triggers) == 7)


@while_built
async def test_the_list_is_searched_by_name_tag_and_variable(built: Built) -> None:
    await load_seven(built)
    for text, count in (("7규칙", 7), ("rsi", 1), ("변화율", 2), ("ㅂㅌㄱ", 1), ("nothing", 0)):
        built.screen.list.search.setText(text)
        assert len(built.screen.list.ids()) == count, text


@while_built
async def test_edits_wait_for_the_one_who_looks_at_another_trigger(built: Built) -> None:
    await load_seven(built)
    first = built.editor.trigger.id
    built.type_quick("macd 1m >= 0")
    edited = built.kept()
    other = next(one for one in built.screen.list.ids() if one != first)
    built.screen.list.opened.emit(other)
    assert built.editor.trigger.id == other
    built.screen.list.opened.emit(first)
    assert built.kept() == edited
    built.screen.shelf.drop_draft()
    await until(lambda: not built.store.drafts)
    assert not built.editor.is_changed


@while_built
async def test_an_earlier_version_is_brought_back_as_an_edit(built: Built) -> None:
    await load_seven(built)
    trigger = built.editor.trigger
    original = built.kept()
    built.type_quick("macd 1m >= 0")
    built.screen.shelf.save(is_sound=True)
    await until(lambda: built.editor.trigger.revision == 2)
    built.store.load(trigger.id, 1)
    await until(lambda: built.kept() == original)
    assert built.editor.is_changed
    assert built.editor.can_undo


@while_built
async def test_a_part_is_kept_for_reuse_and_put_into_another_trigger(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.screen.bench.canvas_link.do("keep")
    await until(lambda: len(built.screen.shelf.parts) == 1)
    part = built.screen.shelf.parts[0]
    assert part.role is None
    assert part.id in built.screen.palette_pane.shown()
    built.screen.shelf.new()
    built.screen.palette_pane.chosen.emit("application/x-upbit-trigger", part.id)
    assert built.kept() == RSI


@while_built
async def test_conditions_show_their_live_values_and_why_they_have_none(built: Built) -> None:
    feed = built.feed
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30 and profit_percent >= 5")
    await until(lambda: Stream("trade", "KRW-BTC") in feed.held)
    feed.past_trades["KRW-BTC"] = [trade(price=130_000.0, trade_ms=START_MS + 1)]
    feed.emit(trade(price=130_000.0, trade_ms=START_MS + 500, origin=origin(START_MS / 1000)))
    rsi, profit = (one.id for one in comparisons(built.editor.root))
    live = built.screen.bench.canvas._live
    await until(lambda: rsi in live and live[rsi].truth != "unknown")
    assert live[rsi].truth in ("true", "false")
    assert live[rsi].against == "≤ 30"
    assert live[rsi].distance
    assert "마감봉" in live[rsi].basis
    assert (live[profit].truth, live[profit].basis) == ("unknown", "보유 없음")
    assert live[built.editor.root.id].truth in ("unknown", "false")
    await until(lambda: built.screen.frames_painted > 0)
    feed.connection_state = ConnectionState.RECONNECTING
    built.screen.judging.show()
    assert (live[rsi].truth, live[rsi].is_stale) == ("unknown", True)
    assert live[rsi].basis.startswith("0.0초 전 · 판단 보류")
    assert (live[built.editor.root.id].truth, live[built.editor.root.id].summary) == ("unknown", "")


@while_built
async def test_limits_are_counted_and_refused_with_a_sentence(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick(" and ".join(["rsi 14 1m < 30"] * 50))
    assert "50/50" in built.screen.bench.header._counters.text()
    built.type_quick("macd 1m > 0")
    assert len(comparisons(built.editor.root)) == 50
    assert "50개" in built.told[-1]


@while_built
async def test_every_control_has_a_name(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    for kind in (QAbstractButton, QLineEdit, ChoiceField, NumberField, TextField):
        for widget in built.screen.bench.findChildren(kind):
            control = widget
            if isinstance(widget, ChoiceField):
                control = widget.box
            elif isinstance(widget, NumberField | TextField):
                control = widget.input
            if control.isVisibleTo(built.screen) and control.objectName() != "qt_spinbox_lineedit":
                named = control.accessibleName() or getattr(control, "text", str)()
                assert named, control
    assert built.screen.bench.canvas.accessibleDescription().startswith("A. ")


@while_built
async def test_the_view_goes_on_in_another_look(built: Built) -> None:
    await load_seven(built)
    built.type_quick("macd 1m >= 0")
    built.screen._show_tab("triggers")
    state = built.screen.view_state()
    edited, selection = built.editor.trigger, built.editor.selection
    await built.close()
    screen = await built.open(waits=False)
    screen.restore_view(state)
    await until(lambda: built.store.is_listed)
    assert built.editor.trigger == edited
    await until(lambda: edited.id in built.store.drafts)
    assert built.editor.selection.node == selection.node
    assert built.editor.is_changed


def row(built: Built, place: int) -> RowLook:
    boxes = [box.look for box in built.screen.bench.canvas.layout_shown.boxes]
    rows = [look for look in boxes if isinstance(look, RowLook)]
    return rows[place]


@while_built
async def test_a_saved_document_opens_by_its_id_from_another_screen(built: Built) -> None:
    await load_seven(built)
    other = built.store.listing.triggers[-1]
    built.screen.go_to(other.id)
    assert built.editor.trigger.id == other.id
    assert trigger_to_json(other)
    assert isinstance(other, Trigger)


@while_built
async def test_a_click_selects_and_the_menu_of_a_comparator_changes_it(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    canvas = built.screen.bench.canvas
    box = canvas.layout_shown.boxes[1]
    click(canvas, box.parts["right"].center())
    assert built.editor.selection.part == "right"
    # A low window shows at once where the number is set, and the keyboard stays on the tree.
    panel = built.screen.bench.panel
    built.screen.resize(1280, 560)
    bar = panel._scroll.verticalScrollBar()
    assert bar is not None
    await until(lambda: panel.height() < 300 and bar.maximum() > 200)
    field = panel.field("right.constant")
    assert field is not None
    assert field.visibleRegion().boundingRect().height() < field.height()
    click(canvas, canvas.layout_shown.boxes[1].parts["left"].center())
    click(canvas, canvas.layout_shown.boxes[1].parts["right"].center())
    await until(lambda: field.visibleRegion().boundingRect().height() == field.height())
    assert not field.isAncestorOf(QApplication.focusWidget() or canvas)
    built.screen.bench.canvas_link._compare(Comparator.CROSSES_UP.value)
    assert comparisons(built.editor.root)[0].comparator is Comparator.CROSSES_UP
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))


@while_built
async def test_a_sound_trigger_is_saved_and_handed_to_the_strategy_screen(built: Built) -> None:
    asked: list[tuple[str, object]] = []
    built.navigation.screen_asked.connect(lambda name, target: asked.append((name, target)))
    built.screen.empty.second.click()
    built.screen.bench.header.strategy.click()
    assert asked == []
    built.type_quick("rsi 14 1m <= 30")
    built.editor.describe(name="low")
    built.screen.bench.header.strategy.click()
    assert asked == [("strategy", ("trigger", built.editor.trigger.id))]
    await until(lambda: built.editor.trigger.revision == 1)


@while_built
async def test_the_list_follows_the_name_that_is_typed(built: Built) -> None:
    await load_seven(built)
    built.screen.shelf.new()
    assert built.editor.trigger.id in built.screen.list.ids()
    name_field = built.screen.bench.header.name
    Hands.keyClicks(name_field, "fresh")
    looks = {look.id: look for look in built.screen.list.list.looks()}
    assert looks[built.editor.trigger.id].name == "fresh"
    assert looks[built.editor.trigger.id].is_open
    assert sum(look.is_open for look in looks.values()) == 1


@while_built
async def test_loading_the_seven_rules_again_keeps_what_was_changed(built: Built) -> None:
    await load_seven(built)
    built.type_quick("macd 1m >= 0")
    changed = built.kept()
    built.screen.shelf.save(is_sound=True)
    await until(lambda: built.editor.trigger.revision == 2)
    built.screen.list.delete_asked.emit(built.store.listing.triggers[-1].id)
    await until(lambda: len(built.store.listing.triggers) == 6)
    built.screen.go_to(SEVEN_RULES)
    await until(lambda: len(built.store.listing.triggers) == 7)
    first = built.store.named(built.editor.trigger.id)
    assert first is not None
    assert (first.revision, first.expression) == (2, changed)


@while_built
async def test_a_line_dragged_in_the_preview_edits_its_number(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    node = comparisons(built.editor.root)[0].id
    for value in (29.0, 28.0, 25.0):
        built.screen.preview.threshold_dragged.emit(f"{node}.right", value)
    assert comparisons(built.editor.root)[0].right == Constant(25.0)
    assert built.editor.selection.part == "right"
    built.editor.undo()
    assert comparisons(built.editor.root)[0].right == Constant(30)


@while_built
async def test_a_firing_under_the_pointer_lights_the_conditions_that_were_true(
    built: Built,
) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30 or macd 1m >= 0")
    rsi, macd = (one.id for one in comparisons(built.editor.root))

    def record(node: str, truth: Truth) -> ComparisonRecord:
        return ComparisonRecord(node, truth, 1.0, 1.0, None, 0.0, 1, 1)

    both = (record(rsi, Truth.TRUE), record(macd, Truth.FALSE))
    built.screen.preview.record_hovered.emit(GroupRecord("g", Truth.TRUE, 1, 1, both))
    assert built.screen.bench.canvas._state.lit == {rsi}
    built.screen.preview.record_hovered.emit(None)
    assert built.screen.bench.canvas._state.lit == frozenset()


@while_built
async def test_notes_and_tags_are_typed_beside_the_root(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.screen.bench.panel_link.focus_tags()
    for key, text in (("tags", "day, rsi, day"), ("note", "why")):
        field = built.screen.bench.panel.field(key)
        assert isinstance(field, TextField)
        field.input.setText(text)
        field.input.textEdited.emit(text)
    assert built.editor.trigger.tags == ("day", "rsi")
    assert built.editor.trigger.note == "why"


@while_built
async def test_n_of_m_takes_no_more_than_there_are(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30 and macd 1m >= 0")
    root = built.editor.root.id
    built.editor.select(root)
    built.screen.bench.panel.edited.emit("kind", "at_least")
    built.type_number("needed", "9")
    assert built.number("needed")._problem.text() == "1부터 2까지예요."
    built.number("needed")._repair.click()
    assert isinstance(built.editor.root, Group)
    assert built.editor.root.needed == 2
    for typed in ("x", "1.5"):
        built.type_number("needed", typed)
        assert built.number("needed")._problem.text()


@while_built
async def test_a_disk_that_refuses_is_said_and_the_trigger_stays_a_draft(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.editor.describe(name="low")
    told = len(built.told)

    async def refuse(*_given: object) -> None:
        raise LedgerError("full", "strategies.sqlite3", "disk full")

    built.store._shelf.save = refuse  # type: ignore[method-assign,assignment]
    built.screen.shelf.save(is_sound=True)
    await until(lambda: len(built.told) > told)
    assert "디스크가 가득" in built.told[-1]
    assert built.kept() == RSI
    assert built.editor.is_changed
    await built.again()
    assert built.kept() == RSI


def drag_from(widget: QWidget, start: QPoint, end: QPoint) -> None:
    """Press, move far enough for a drag, release."""
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for kind, at, held in (
        (QEvent.Type.MouseButtonPress, start, left),
        (QEvent.Type.MouseMove, start + QPoint(2, 1), left),
        (QEvent.Type.MouseMove, end, left),
        (QEvent.Type.MouseButtonRelease, end, Qt.MouseButton.NoButton),
    ):
        where = QPointF(widget.mapToGlobal(at))
        button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else left
        QApplication.sendEvent(widget, QMouseEvent(kind, QPointF(at), where, button, held, none))


def test_a_pressed_row_that_is_moved_is_dragged_out_of_the_palette(
    theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    dragged: list[tuple[str, str]] = []
    monkeypatch.setattr(
        variable_palette, "drag", lambda _source, kind, value: dragged.append((kind, value))
    )
    words = TriggerWords(shipped_variables(), {})
    palette = variable_palette.VariablePalette(theme)
    palette.show_sections(words.palette(()))
    palette.resize(236, 600)
    palette.show()
    viewport = palette.tree.viewport()
    assert viewport is not None
    row = QPoint(80, 26 + 13)
    drag_from(viewport, row, row + QPoint(60, 30))
    assert dragged == [(VARIABLE, "price")]
    head = QPoint(80, 13)
    drag_from(viewport, head, head + QPoint(60, 30))
    assert len(dragged) == 1
    palette.deleteLater()


@while_built
async def test_a_condition_is_dragged_by_its_row_and_the_root_is_not(built: Built) -> None:
    dragged: list[tuple[str, str]] = []
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    canvas = built.screen.bench.canvas
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            condition_canvas, "drag", lambda _source, kind, value: dragged.append((kind, value))
        )
        root, row = canvas.layout_shown.boxes
        grip = row.parts["grip"].center()
        drag_from(canvas, grip, grip + QPoint(0, 60))
        word = root.parts["word"].center()
        drag_from(canvas, word, word + QPoint(0, 60))
    assert dragged == [(NODE, row.node)]


@while_built
async def test_another_market_of_the_preview_is_judged_too(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    held = Stream("trade", "KRW-BTC")
    await until(lambda: held in built.feed.held)
    built.screen.preview.market.market_chosen.emit("KRW-ETH")
    assert built.screen.judging.market == "KRW-ETH"
    await until(lambda: Stream("trade", "KRW-ETH") in built.feed.held)


@while_built
async def test_without_a_folder_saving_says_why_and_nothing_is_lost(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.editor.describe(name="low")
    await built.screen.shelf.detach()
    built.screen.shelf.save(is_sound=True)
    built.screen.shelf.load_template()
    assert ["E-LIBRARY" in text for text in built.told[-2:]] == [True, True]
    assert built.kept() == RSI


def wavy(feed: FakeMarketDataFeed) -> None:
    """Minutes in which an RSI of 14 is sometimes low."""
    first = START_MS // 60_000 * 60_000 - 1_600 * 60_000
    feed.history["KRW-BTC", "1m"] = [
        candle("KRW-BTC", "1m", first + n * 60_000, close=price, open_=price)
        for n, price in enumerate(100_000 + 800.0 * np.sin(np.arange(1_600) / 9))
    ]


@while_built
async def test_each_condition_says_how_often_it_held_in_the_preview(built: Built) -> None:
    wavy(built.feed)
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    built.type_quick("macd 1m >= 0")
    canvas, panel = built.screen.bench.canvas, built.screen.bench.panel
    low, high = (one.id for one in comparisons(built.editor.root))
    await until(lambda: set(canvas._state.counts) == {low, high})
    model = built.screen.preview.model
    assert model is not None
    assert model.result is not None
    told = model.result.conditions[low]
    assert told.turns > 0
    assert told.candles is not None
    assert canvas._state.counts[low].short == f"참 {told.turns}회"
    assert canvas._state.counts[low].long == f"참 {told.turns}회 · {told.candles}봉"
    built.editor.select(low)
    shown = " ".join(one.text() for one in panel.findChildren(Text))
    assert f"1일: {told.turns}번 참이 됐어요." in shown
    built.editor.fill(low, "right.constant", 25.0)
    # What was counted of 30 says nothing of 25; the other condition is what it was.
    assert set(canvas._state.counts) == {high}
    await until(lambda: set(canvas._state.counts) == {low, high})
    changed = model.result.conditions[low]
    assert changed.candles is not None
    assert changed.candles < told.candles
    built.screen.shelf.new()
    assert canvas._state.counts == {}


@while_built
async def test_the_quick_line_says_what_is_typed_is_now_before_it_is_added(built: Built) -> None:
    wavy(built.feed)
    feed = built.feed
    feed.past_trades["KRW-BTC"] = [trade(price=130_000.0, trade_ms=START_MS + 1)]
    feed.emit(trade(price=130_000.0, trade_ms=START_MS + 500, origin=origin(START_MS / 1000)))
    built.screen.empty.second.click()
    quick = built.screen.bench.quick

    def told() -> str:
        return quick._now.text() if quick._now.isVisible() else ""

    quick.input.setText("close 1m > 1000")
    assert told() == ""
    await until(lambda: told().startswith("지금 "))
    above = told()
    quick.input.setText("close 1m < 1000")
    assert told() == ""  # the truth of another line isn't shown
    await until(lambda: told() == above.replace("●", "○") != above)
    quick.input.setText("profit >= 5")
    await until(lambda: told() == "◌ 보유 없음")
    quick.input.setText("rsi 14 1m <= 3000 banana")
    assert told() == ""
    quick.input.setText("rsi 14 1m <= 30")
    await until(lambda: told().startswith("지금 "))
    feed.connection_state = ConnectionState.RECONNECTING
    built.screen.typed_now.show()
    assert told().startswith("◌ 0.0초 전 · 판단 보류")
    quick.input.clear()
    assert told() == ""
    assert comparisons(built.editor.root) == ()
    feed.connection_state = ConnectionState.CONNECTED
    built.type_quick("close 1m > 1000")
    node, live = comparisons(built.editor.root)[0].id, built.screen.bench.canvas._live
    await until(lambda: node in live and live[node].truth == "true")
    assert above == f"지금 {live[node].value}원 ●"


@while_built
async def test_a_low_window_leaves_its_room_to_the_canvas(built: Built) -> None:
    built.screen.empty.second.click()
    built.type_quick("rsi 14 1m <= 30")
    splitter, preview = built.screen._splitter, built.screen.preview
    built.screen.resize(1232, 606)
    await until(lambda: splitter.sizes()[1] == preview.minimumSizeHint().height())
    assert not preview.scenarios.isVisible()
    assert splitter.sizes()[0] > 320
    built.screen.resize(1500, 900)
    await until(lambda: splitter.sizes()[1] > 350)
    assert preview.scenarios.isVisible()
