"""The trigger screen: variables and saved triggers, canvas, properties, and the preview below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.expression import MAX_CONDITIONS, MAX_DEPTH
from upbit_auto_trading.domain.expression_edit import TooDeepError, TooManyConditionsError
from upbit_auto_trading.domain.formula_tokens import FormulaError
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.screens import trigger_list_words
from upbit_auto_trading.presentation.screens.screen import Screen, ScreenContext
from upbit_auto_trading.presentation.screens.trigger_files import FilesLink
from upbit_auto_trading.presentation.screens.trigger_judging import JudgeLink
from upbit_auto_trading.presentation.screens.trigger_preview import TriggerPreview
from upbit_auto_trading.presentation.screens.trigger_preview_link import PreviewLink
from upbit_auto_trading.presentation.screens.trigger_shelf import ShelfLink
from upbit_auto_trading.presentation.screens.trigger_typed_now import TypedNow
from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords
from upbit_auto_trading.presentation.screens.trigger_workbench import TriggerWorkbench
from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor
from upbit_auto_trading.presentation.viewmodels.trigger_store import TriggerStore
from upbit_auto_trading.presentation.widgets.drag_source import PART
from upbit_auto_trading.presentation.widgets.empty_state import EmptyState
from upbit_auto_trading.presentation.widgets.segmented import Segmented
from upbit_auto_trading.presentation.widgets.trigger_list import TriggerList
from upbit_auto_trading.presentation.widgets.variable_palette import VariablePalette

if TYPE_CHECKING:
    from PyQt6.QtGui import QResizeEvent

    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.trigger import Trigger

_LEFT: Final = 240
_LEFT_COMPACT: Final = 204
_RIGHT: Final = 300
_RIGHT_COMPACT: Final = 270
_LOW: Final = 700
_PREVIEW: Final = 390
_PREVIEW_LOW: Final = 250
_VARIABLES, _TRIGGERS = "variables", "triggers"


@dataclass(frozen=True, slots=True)
class _View:
    """What the user has on this screen: the trigger as edited, how it is saved, the open tab."""

    trigger: Trigger
    saved: Trigger | None
    node: str
    tab: str
    sizes: tuple[int, ...]
    preview: Any


class TriggerScreen(Screen):
    """Builds triggers. `go_to` takes a trigger's id, or `"seven_rules"` for the template."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self._context = context
        self._services: Services | None = None
        self._is_low = False
        self._wanted = ""
        theme = context.theme
        self.editor = TriggerEditor(shipped_variables(), self)
        rules = shipped_template(SEVEN_RULES).strategy.rules
        is_korean = language() == "ko"
        names = {
            rule.id: rule.name.korean if is_korean else rule.name.english
            for rule in sorted(rules, key=lambda one: one.number)
        }
        quote = quote_of(context.settings.settings.market)
        self.words = TriggerWords(shipped_variables(), names, quote)
        self.list = TriggerList(theme)
        self.shelf = ShelfLink(self.list, self.editor, self.words, theme)
        self.files = FilesLink(self.list, self.editor, self.shelf)
        self.palette_pane = VariablePalette(theme)
        self.bench = TriggerWorkbench(theme, self.editor, self.words, self.shelf.part_of)
        self.empty = EmptyState(
            theme,
            "git-branch",
            _("There is no trigger yet"),
            _(
                "A trigger says when something should happen: a variable, a comparison, a value. "
                "Start with the seven rules and change them, or with an empty one."
            ),
            _("Load the seven rules"),
            _("Make a new one"),
        )
        self.judging = JudgeLink(self.bench.canvas, self.editor, self.words, context)
        self.typed_now = TypedNow(
            self.bench.quick, self.words, lambda: self.judging.market, context.wall_clock
        )
        self.preview = TriggerPreview(context)
        self._preview_link = PreviewLink(self.preview, self.editor, self.bench)
        self._tabs = Segmented(
            _("Left side"), [(_VARIABLES, _("Variables")), (_TRIGGERS, _("My triggers"))]
        )
        self._left = QFrame()
        self._left_stack = QStackedWidget()
        self._centre = QStackedWidget()
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._dividing = QTimer(self)
        self._dividing.setSingleShot(True)
        self._dividing.timeout.connect(self._divide)
        self._assemble()
        self._connect()
        self._show_tab(_VARIABLES)
        self.palette_pane.show_sections(self.words.palette(()))
        self._show_trigger()

    @property
    def frames_painted(self) -> int:
        """How often live figures of conditions, or live candles, were painted."""
        return self.bench.canvas.frames_painted + self.preview.chart.frames_painted

    def attach(self, services: Services) -> None:
        """Show an exchange's data; saved triggers are the same for every exchange."""
        self._services = services
        self.judging.attach(services)
        self.typed_now.attach(services)
        self.preview.attach(services)
        if services.triggers is not None:
            self.shelf.attach(TriggerStore(services.triggers, self._context.wall_clock, self))

    async def detach(self) -> None:
        """Let go of the exchange; what is being edited is kept on disk and on screen."""
        self._services = None
        await self.shelf.detach()
        self._preview_link.stop()
        await self.preview.detach()
        await self.typed_now.detach()
        await self.judging.detach()

    def opened(self) -> None:
        """Judge the conditions while the screen is in front."""
        self.judging.watch(is_in_front=True)
        self.typed_now.watch(is_in_front=True)

    def left(self) -> None:
        """Judge nothing while nobody looks."""
        self.judging.watch(is_in_front=False)
        self.typed_now.watch(is_in_front=False)

    def refresh(self) -> None:
        """Let ages grow, and quality be told, where no print comes."""
        self.judging.refresh()
        self.typed_now.show()
        self.preview.refresh()

    def set_compact(self, *, compact: bool) -> None:
        """Give way to a narrow window, or use a wide one."""
        self._left.setFixedWidth(_LEFT_COMPACT if compact else _LEFT)
        self.bench.panel.setFixedWidth(_RIGHT_COMPACT if compact else _RIGHT)
        self.bench.header.set_compact(compact=compact)
        self.preview.set_compact(compact=compact)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Leave a low window to the canvas: the sentence is cut, the scenarios wait in a menu."""
        super().resizeEvent(event)
        is_low = self.height() < _LOW
        if is_low is not self._is_low:
            self._is_low = is_low
            self.preview.scenarios.setVisible(not is_low)
            self.bench.sentence.show_low(is_low=is_low)
            # What was just hidden asks for room until the layouts have been made anew.
            self._dividing.start()

    def _divide(self) -> None:
        below = _PREVIEW_LOW if self._is_low else _PREVIEW
        self._splitter.setSizes([max(1, self.height() - below), below])

    def go_to(self, target: Any) -> None:
        """Open the trigger that was asked for; `("new",)` begins one."""
        if target == SEVEN_RULES:
            self._load_template()
        elif target == ("new",):
            self._new()
        elif isinstance(target, str):
            self._wanted = target
            self._open_wanted()

    def view_state(self) -> Any:
        """What is being edited, and which side is open."""
        editor = self.editor
        tab = _VARIABLES if self._left_stack.currentIndex() == 0 else _TRIGGERS
        sizes = tuple(self._splitter.sizes())
        preview = self.preview.view_state()
        return _View(editor.trigger, editor.saved, editor.selection.node, tab, sizes, preview)

    def restore_view(self, state: Any) -> None:
        """Go on editing what an earlier look showed."""
        self.editor.open(state.trigger, state.saved)
        self.editor.select(state.node)
        self._show_tab(state.tab)
        self._dividing.stop()
        self._splitter.setSizes(list(state.sizes))
        self.preview.restore_view(state.preview)
        if state.preview is not None:
            self.judging.judge_on(state.preview[0])

    def _show_trigger(self) -> None:
        is_open = bool(self.editor.trigger.id)
        self._centre.setCurrentIndex(1 if is_open else 0)
        self.bench.panel.setVisible(is_open)
        self.preview.setVisible(is_open)

    def _show_palette(self) -> None:
        self.palette_pane.show_greyed(self.bench.canvas_link.unfitting())

    def _shelf_changed(self) -> None:
        self.palette_pane.show_sections(self.words.palette(self.shelf.parts))
        self._open_wanted()

    def _open_wanted(self) -> None:
        store = self.shelf.store
        if self._wanted and store is not None and store.is_listed:
            wanted, self._wanted = self._wanted, ""
            self.shelf.open(wanted)

    def _chosen(self, kind: str, identity: str) -> None:
        if not self.editor.trigger.id:
            self.shelf.new()
        if kind == PART:
            part = self.shelf.part_of(identity)
            if part is not None:
                self.editor.add(part)
        else:
            self.bench.canvas_link.put_variable(identity)

    def _let_choose(self, _group: str) -> None:
        """Let a variable be chosen for a new condition."""
        self._show_tab(_VARIABLES)
        self.palette_pane.search.take_focus()

    def _save(self) -> None:
        if not self.editor.trigger.id:
            return
        if not self.bench.can_be_saved:
            self.bench.go_to_trouble()
        self.shelf.save(is_sound=self.bench.can_be_saved)

    def _put_into_strategy(self) -> None:
        """Save what isn't saved, then let the strategy screen take it."""
        if not self.bench.can_be_saved:
            self._save()
            return
        if self.editor.is_changed:
            self.shelf.save(is_sound=True)
        self._context.navigation.screen_asked.emit("strategy", ("trigger", self.editor.trigger.id))

    def _more_asked(self, code: str) -> None:
        {
            "versions": self._ask_versions,
            "note": self.bench.panel_link.focus_tags,
            "revert": self.shelf.drop_draft,
            "copy": lambda: self.files.copy(self.editor.trigger.id),
            "paste": self.files.paste,
            "export": self.files.export_file,
            "import": self.files.import_file,
            "scenarios": self._toggle_scenarios,
        }[code]()

    def _toggle_scenarios(self) -> None:
        self.preview.scenarios.setVisible(self.preview.scenarios.isHidden())

    def _ask_versions(self) -> None:
        header = self.bench.header
        self.shelf.ask_versions(header.mapToGlobal(header.save.geometry().bottomLeft()))

    def _refused(self, error: Exception) -> None:
        """Say why an edit wasn't made; the tree is as it was."""
        if isinstance(error, TooManyConditionsError):
            text = _("At most {n} conditions fit into a trigger.").format(n=MAX_CONDITIONS)
        elif isinstance(error, TooDeepError):
            text = _("Groups go at most {n} levels deep.").format(n=MAX_DEPTH)
        elif isinstance(error, InvalidDocumentError):
            text = trigger_list_words.refused_document(error)
        elif isinstance(error, FormulaError):
            text = self.words.notes.problem(error)
        else:
            text = _("This can't be done here.")
        self.told.emit(text)

    def _show_tab(self, tab: str) -> None:
        self._tabs.show_value(tab)
        self._left_stack.setCurrentIndex(0 if tab == _VARIABLES else 1)

    def _load_template(self) -> None:
        self.shelf.load_template()
        self.bench.canvas.setFocus()
        self._context.navigation.step_taken.emit("rules")

    def _new(self) -> None:
        self.shelf.new()

    def _connect(self) -> None:
        editor, bench = self.editor, self.bench
        editor.changed.connect(self._show_trigger)
        editor.changed.connect(self._show_palette)
        editor.selected.connect(self._show_palette)
        editor.refused.connect(self._refused)
        self.palette_pane.chosen.connect(self._chosen)
        self.palette_pane.left.connect(bench.canvas.setFocus)
        self._tabs.chosen.connect(self._show_tab)
        self.shelf.told.connect(self.told)
        self.files.told.connect(self.told)
        self.shelf.shelf_changed.connect(self._shelf_changed)
        self.shelf.name_asked.connect(bench.header.focus_name)
        bench.canvas_link.keep_asked.connect(self.shelf.keep_part)
        bench.canvas_link.add_asked.connect(self._let_choose)
        bench.canvas.live_frame_painted.connect(self.live_frame_painted)
        self.preview.live_frame_painted.connect(self.live_frame_painted)
        self._preview_link.market_chosen.connect(self.judging.judge_on)
        self._preview_link.market_chosen.connect(self.typed_now.judge_anew)
        bench.typing_link.understood.connect(self.typed_now.read)
        bench.header.save_pressed.connect(self._save)
        bench.header.strategy_pressed.connect(self._put_into_strategy)
        bench.header.more_asked.connect(self._more_asked)
        self.empty.action_pressed.connect(self._load_template)
        self.empty.second_pressed.connect(self._new)
        for keys, doing in (
            ("Ctrl+S", self._save),
            ("Ctrl+Z", editor.undo),
            ("Ctrl+Y", editor.redo),
            ("Ctrl+Shift+Z", editor.redo),
            ("F2", bench.header.focus_name),
            ("Ctrl+N", self._new),
            ("Ctrl+L", self._let_type),
            ("Ctrl+/", self._let_find),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(doing)

    def _let_type(self) -> None:
        self.bench.quick.input.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _let_find(self) -> None:
        self._let_choose("")

    def _assemble(self) -> None:
        self._left.setObjectName("pane")
        head = QFrame()
        head.setObjectName("pane-head")
        head.setFixedHeight(30)
        across = QHBoxLayout(head)
        across.setContentsMargins(4, 0, 4, 0)
        across.addWidget(self._tabs)
        across.addStretch(1)
        self._left_stack.addWidget(self.palette_pane)
        self._left_stack.addWidget(self.list)
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(0)
        left.addWidget(head)
        left.addWidget(self._left_stack, 1)
        self._centre.addWidget(self.empty)
        self._centre.addWidget(self.bench)
        above = QWidget()
        row = QHBoxLayout(above)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._left)
        row.addWidget(self._centre, 1)
        row.addWidget(self.bench.panel)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(4)
        self._splitter.addWidget(above)
        self._splitter.addWidget(self.preview)
        # A higher window is the canvas's gain; the preview keeps what it was given.
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setSizes([520, _PREVIEW])
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(0)
        column.addWidget(self._splitter)
        self.set_compact(compact=False)
