"""The strategy screen: rules as cards, what they need, what they see, and what a check found."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import (
    strategy_new_rule,
    strategy_run_words,
    strategy_words,
)
from upbit_auto_trading.presentation.screens.screen import Screen, ScreenContext
from upbit_auto_trading.presentation.screens.strategy_check_pane import StrategyCheckPane
from upbit_auto_trading.presentation.screens.strategy_edits import StrategyEdits
from upbit_auto_trading.presentation.screens.strategy_files import StrategyFiles
from upbit_auto_trading.presentation.screens.strategy_keeping import StrategyKeeping
from upbit_auto_trading.presentation.screens.strategy_menu import open_library
from upbit_auto_trading.presentation.screens.strategy_outlook import StrategyOutlook
from upbit_auto_trading.presentation.screens.strategy_runs import StrategyRuns
from upbit_auto_trading.presentation.viewmodels.strategy_editor import StrategyEditor
from upbit_auto_trading.presentation.widgets.rule_board import RuleBoard, StrategyHead
from upbit_auto_trading.presentation.widgets.strategy_add_rule import AddRuleForm
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.trigger import Trigger

_LEFT: Final = 560
_LEFT_COMPACT: Final = 470
_RIGHT: Final = 300
_RIGHT_COMPACT: Final = 256


class StrategyScreen(Screen):
    """`go_to` takes a strategy's id, `"seven_rules"`, or `("trigger", id)` to make a rule of it."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self._context = context
        self._services: Services | None = None
        self.editor = StrategyEditor(self)
        self.keeping = StrategyKeeping(self.editor, self)
        self.market = context.settings.settings.market
        theme = context.theme
        self.files = StrategyFiles(theme, self.keeping, self)
        self.form = AddRuleForm(
            theme, strategy_new_rule.role_choices(), strategy_new_rule.action_choices()
        )
        self.board = RuleBoard(theme, self.form)
        self._triggers: dict[str, Trigger] = {}
        self._wanted_trigger = ""
        self.check = StrategyCheckPane(theme, self.editor)
        self.outlook = StrategyOutlook(theme)
        self._edits = StrategyEdits(self.board.rules, self.editor, self)
        self._runs = StrategyRuns(self.board.run, self.outlook, self.editor, self)
        self._selected = ""
        self._tasks = TaskOwner("strategy-screen")
        self._assemble()
        self._connect()
        self._show()

    @property
    def quote(self) -> str:
        """The currency amounts are in."""
        return quote_of(self.market)

    @property
    def frames_painted(self) -> int:
        """How often live data was painted."""
        return self.outlook.chart.frames_painted

    def attach(self, services: Services) -> None:
        """Show an exchange's data; the saved strategies are the same for every exchange."""
        self._services = services
        self.outlook.attach(services, self.editor.account, self.market)
        self.board.run.market.show_market(self.market)
        self._tasks.start(self._offer_markets(services), "markets")
        if services.library is not None:
            self.keeping.attach(services.library, self._context.wall_clock)
        self._show()

    async def _offer_markets(self, services: Services) -> None:
        with suppress(MarketDataError):
            markets = (await services.market_data.markets()).values
            self.board.run.market.show_markets(strategy_words.market_choices(markets))

    async def detach(self) -> None:
        """Let go of the exchange; what is being edited stays, on disk and on screen."""
        self._services = None
        await self._tasks.close()
        self._tasks = TaskOwner("strategy-screen")
        await self.keeping.detach()
        await self.outlook.detach()
        self._show()

    def refresh(self) -> None:
        """Bring what depends on the time up to date."""
        self.outlook.refresh()
        self._show_now()

    def set_compact(self, *, compact: bool) -> None:
        """Give way to a narrow window, or use a wide one."""
        self.board.setFixedWidth(_LEFT_COMPACT if compact else _LEFT)
        self.check.setFixedWidth(_RIGHT_COMPACT if compact else _RIGHT)
        self.board.show_compact(compact=compact)

    def go_to(self, target: Any) -> None:
        """Open the strategy that was asked for."""
        if target == SEVEN_RULES:
            self.load_template()
        elif isinstance(target, str):
            self.keeping.open(target)
        elif isinstance(target, tuple):
            if self.editor.strategy is None:
                self.keeping.start_empty()
            self._wanted_trigger = target[1]
            self.form.hide()
            self._rule_asked()

    def view_state(self) -> Any:
        """What is being edited, and on which market it is judged."""
        return self.editor.strategy, self.editor.saved, self._selected, self.market

    def restore_view(self, state: Any) -> None:
        """Go on editing what an earlier look showed."""
        strategy, saved, self._selected, market = state
        self._market_chosen(market)
        if strategy is not None:
            self.editor.open(saved or strategy, is_saved=saved is not None, edited=strategy)

    def _template_key(self) -> None:
        """Load the seven rules where nothing is open: keys mustn't throw away what is."""
        if self.editor.strategy is None:
            self.load_template()

    def load_template(self) -> None:
        """Open the seven rules as a strategy of the user's own."""
        self.keeping.load_template()
        self.board.rules.focus_first()
        self._context.navigation.step_taken.emit("rules")

    def _show(self) -> None:
        editor, strategy = self.editor, self.editor.strategy
        self.board.show_head(self._head())
        self.outlook.show_strategy(strategy, self.market)
        self.check.show_strategy(self.quote)
        if strategy is None:
            self.board.rules.show_rules([])
            return
        looks = strategy_words.rule_looks(strategy, editor.findings, self.quote)
        self.board.rules.show_rules(looks)
        self._edits.show_refused(strategy)
        self.board.rules.show_selected(self._selected)
        self._show_now()

    def _show_now(self) -> None:
        """Show what the rules see at this moment."""
        strategy = self.editor.strategy
        if strategy is not None:
            self.board.rules.show_now(self.outlook.show_now(strategy, self.market))
        self._runs.show(self._services)

    def _head(self) -> StrategyHead:
        editor, strategy = self.editor, self.editor.strategy
        if strategy is None:
            return StrategyHead()
        version = _("v{revision}").format(revision=strategy.revision)
        if editor.saved is None:
            version = _("not saved yet")
        elif editor.is_changed:
            version = _("v{revision}, changed").format(revision=editor.saved.revision)
        hint = _("Upper rules act first. One tick places one order at most.")
        ink = "text-3"
        if self._services is not None and self._services.library is None:
            hint, ink = _("Strategies can't be saved: their file can't be opened."), "bad"
        elif self.keeping.shelf is not None and self.keeping.shelf.is_read_only:
            hint = _("Read only: a newer version of this program wrote the file.")
            ink = "warn"
        can_save = editor.is_changed and editor.can_be_saved and self.keeping.shelf is not None
        return StrategyHead(
            strategy_words.of(strategy.name),
            version,
            editor.is_changed,
            can_save,
            ""
            if editor.can_be_saved
            else strategy_words.cant_be_saved(has_refused=bool(editor.refused)),
            editor.can_undo,
            editor.can_redo,
            hint,
            ink,
        )

    def _rule_selected(self, rule: str) -> None:
        self._selected = rule
        self.board.rules.show_selected(rule)

    def _defaults(self) -> None:
        strategy = self.editor.strategy
        if strategy is None:
            return
        self.editor.restore_defaults(shipped_template(SEVEN_RULES).strategy)
        if self.editor.strategy == strategy:
            self.told.emit(_("There is nothing to put back: no shipped rule of it is changed."))
        else:
            self.told.emit(_("The shipped rules are as they were. Ctrl+Z takes that back."))

    def _market_chosen(self, market: str) -> None:
        self.market = market
        self.board.run.market.show_market(market)
        self._show()

    def _rule_asked(self) -> None:
        """Open the form for a new rule with the triggers that are saved now, or close it."""
        self.form.setVisible(not self.form.isVisible())
        if self.form.isVisible() and self._services is not None:
            self._tasks.start(self._offer_triggers(self._services), "triggers")

    async def _offer_triggers(self, services: Services) -> None:
        self._triggers = {}
        if services.triggers is not None:
            try:
                listing = await services.triggers.listing()
            except LedgerError as error:
                self.told.emit(strategy_run_words.refused(error))
                return
            self._triggers = {one.id: one for one in listing.triggers}
        self.form.show_triggers(
            [
                (one.id, one.name, one.role.value if one.role else "")
                for one in self._triggers.values()
            ]
        )
        wanted = self.form.trigger.findData(self._wanted_trigger)
        self.form.trigger.setCurrentIndex(max(0, wanted))
        self.form.trigger.setFocus()

    def _rule_added(self, trigger: str, role: str, action: str) -> None:
        chosen = self._triggers[trigger]
        made = self.editor.add(
            lambda identity, number: strategy_new_rule.new_rule(
                identity, number, chosen, Role(role), action
            )
        )
        self.form.hide()
        self._show_rule(made)
        self.told.emit(_("‘{rule}’ is added at the end of the order.").format(rule=chosen.name))

    def _open_library(self, below: QWidget) -> None:
        at = below.mapToGlobal(below.rect().bottomLeft())
        doings = {
            "template": self.load_template,
            "empty": self.keeping.start_empty,
            "import": self.files.import_file,
            "rename": self.files.ask_name,
            "copy": self.keeping.copy,
            "export": self.files.export_file,
            "revert": self.keeping.drop_draft,
        }
        open_library(self, self._context.theme, self.keeping, doings, at)

    def _backtest(self) -> None:
        strategy = self.editor.strategy
        if strategy is not None:
            self._context.navigation.screen_asked.emit("backtest", strategy)

    def _connect(self) -> None:
        board, rules, editor = self.board, self.board.rules, self.editor
        editor.changed.connect(self._show)
        rules.selected.connect(self._rule_selected)
        board.library_asked.connect(self._open_library)
        board.template_asked.connect(self.load_template)
        board.empty_asked.connect(self.keeping.start_empty)
        board.defaults_asked.connect(self._defaults)
        board.backtest_asked.connect(self._backtest)
        board.save_asked.connect(self.keeping.save)
        board.rule_asked.connect(self._rule_asked)
        self.form.added.connect(self._rule_added)
        self.form.builder_asked.connect(
            lambda: self._context.navigation.screen_asked.emit("trigger", None)
        )
        board.undo_asked.connect(editor.undo)
        board.redo_asked.connect(editor.redo)
        self.check.repair_asked.connect(self._edits.repair)
        self._edits.told.connect(self.told)
        self.keeping.told.connect(self.told)
        self.files.told.connect(self.told)
        self.keeping.changed.connect(self._show)
        self.check.rule_asked.connect(self._show_rule)
        self.outlook.changed.connect(self._show_now)
        self.outlook.told.connect(self.told)
        board.run.market_chosen.connect(self._market_chosen)
        self.outlook.chart.threshold_dragged.connect(editor.set_number)
        self.outlook.chart.live_frame_painted.connect(self.live_frame_painted)
        for keys, doing in (
            (QKeySequence.StandardKey.Save, self.keeping.save),
            (QKeySequence.StandardKey.Undo, editor.undo),
            (QKeySequence("Ctrl+Y"), editor.redo),
            (QKeySequence("F2"), self.files.ask_name),
            (QKeySequence("Ctrl+T"), self._template_key),
            (QKeySequence("Ctrl+Shift+T"), self.board.rules.focus_first),
        ):
            shortcut = QShortcut(keys, self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(doing)

    def _show_rule(self, rule: str) -> None:
        self._rule_selected(rule)
        self.board.rules.focus_rule(rule)

    def _assemble(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 4, 4, 4)
        row.setSpacing(4)
        row.addWidget(self.board)
        row.addWidget(self.outlook, 1)
        row.addWidget(self.check)
