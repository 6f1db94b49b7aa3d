"""The left side of the strategy screen: its name, what can be done with it, and its rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.rule_list import RuleList
from upbit_auto_trading.presentation.widgets.strategy_run import StrategyRunBar
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme

_HEAD: Final = 34


@dataclass(frozen=True, slots=True)
class StrategyHead:
    """What stands above the rules; empty `name` where no strategy is open."""

    name: str = ""
    version: str = ""
    is_changed: bool = False
    can_save: bool = False
    save_hint: str = ""
    can_undo: bool = False
    can_redo: bool = False
    hint: str = ""
    hint_ink: str = "text-3"


class RuleBoard(QFrame):
    """Passive: head, rules, or an empty state with what to begin with."""

    library_asked = pyqtSignal(QWidget)
    template_asked = pyqtSignal()
    empty_asked = pyqtSignal()
    defaults_asked = pyqtSignal()
    backtest_asked = pyqtSignal()
    save_asked = pyqtSignal()
    undo_asked = pyqtSignal()
    redo_asked = pyqtSignal()
    rule_asked = pyqtSignal()

    def __init__(self, theme: Theme, form: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._form = form
        self.setObjectName("board")
        self.rules = RuleList(theme)
        self.run = StrategyRunBar(theme)
        self._name = QPushButton()
        self._name.setObjectName("quiet")
        self._name.setIcon(theme.icon("layers", "text-2", 16))
        self._name.setAccessibleName(_("Strategies"))
        self._version = Text(theme, "small-strong", "text-2")
        self._hint = Text(theme, "small", "text-3").shrink()
        self.save = _button(_("Save"), "primary", "Ctrl+S")
        self.save.setIcon(theme.icon("save", "on-fill", 14))
        self._defaults = _button(_("Defaults"), "", "")
        self._defaults.setIcon(theme.icon("rotate-ccw", "text-2", 14))
        self._backtest = _button(_("Backtest"), "", "")
        self._backtest.setIcon(theme.icon("history", "text-2", 14))
        self._undo = _icon_button(theme, "undo-2", _("Undo"), "Ctrl+Z")
        self._redo = _icon_button(theme, "redo-2", _("Redo"), "Ctrl+Y")
        self._add = _button(_("Add a rule"), "", "")
        self._add.setIcon(theme.icon("plus", "text-2", 14))
        self._stack = QStackedWidget()
        self._assemble()
        self._name.clicked.connect(lambda: self.library_asked.emit(self._name))
        self._add.clicked.connect(self.rule_asked)
        self.save.clicked.connect(self.save_asked)
        self._defaults.clicked.connect(self.defaults_asked)
        self._backtest.clicked.connect(self.backtest_asked)
        self._undo.clicked.connect(self.undo_asked)
        self._redo.clicked.connect(self.redo_asked)
        self.rules.come_after(self._add)

    def show_head(self, head: StrategyHead) -> None:
        """Show which strategy is open and what can be done with it."""
        self._stack.setCurrentIndex(0 if head.name else 1)
        self._name.setText(f" {head.name or _('Strategies')} ▾")
        self._version.show_text(head.version, "warn" if head.is_changed else "text-2")
        self.save.setEnabled(head.can_save)
        self.save.setToolTip(head.save_hint)
        self._undo.setEnabled(head.can_undo)
        self._redo.setEnabled(head.can_redo)
        for part in (self._defaults, self._backtest, self.save, self._undo, self._redo):
            part.setVisible(bool(head.name))
        self._hint.show_text(head.hint, head.hint_ink)
        self._hint.setToolTip(head.hint)

    def show_compact(self, *, compact: bool) -> None:
        """Give way to a narrow window."""
        self._defaults.setText("" if compact else _("Defaults"))
        self._backtest.setText("" if compact else _("Backtest"))
        self.run.show_compact(compact=compact)

    def _assemble(self) -> None:
        theme = self._theme
        head = QFrame()
        head.setObjectName("pane-head")
        head.setFixedHeight(_HEAD)
        row = QHBoxLayout(head)
        row.setContentsMargins(4, 0, 6, 0)
        row.setSpacing(6)
        row.addWidget(self._name)
        row.addWidget(self._version)
        row.addStretch(1)
        for part in (self._undo, self._redo, self._defaults, self._backtest, self.save):
            row.addWidget(part)
        strip = QFrame()
        strip.setObjectName("toolbar")
        strip.setFixedHeight(_HEAD)
        line = QHBoxLayout(strip)
        line.setContentsMargins(12, 0, 6, 0)
        line.setSpacing(8)
        mark = Text(theme)
        mark.show_icon("arrow-up-down", "text-2", 14)
        line.addWidget(mark)
        line.addWidget(self._hint, 1)
        line.addWidget(self._add)
        rules = QWidget()
        inside = QVBoxLayout(rules)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(4)
        inside.addWidget(self.run)
        inside.addWidget(strip)
        inside.addWidget(self._form)
        self._form.hide()
        inside.addWidget(self.rules, 1)
        self._stack.addWidget(rules)
        self._stack.addWidget(self._empty())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self._stack, 1)

    def _empty(self) -> QWidget:
        theme = self._theme
        page = QFrame()
        page.setObjectName("pane")
        column = QVBoxLayout(page)
        column.setContentsMargins(32, 32, 32, 32)
        column.setSpacing(12)
        column.addStretch(2)
        mark = Text(theme)
        mark.show_icon("layers", "text-3", 32)
        mark.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        title = Text(theme, "title", "text-1", _("No strategy is open yet"))
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        why = Text(
            theme,
            "body",
            "text-2",
            _(
                "A strategy is rules in the order in which they may act. Begin with the seven "
                "rules that ship with the program, and change what you like."
            ),
        )
        why.setWordWrap(True)
        why.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        template = _button(_("Load the seven rules"), "primary", "")
        empty = _button(_("Start from nothing"), "", "")
        template.clicked.connect(self.template_asked)
        empty.clicked.connect(self.empty_asked)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(template)
        buttons.addWidget(empty)
        buttons.addStretch(1)
        for part in (mark, title, why):
            column.addWidget(part)
        column.addLayout(buttons)
        column.addStretch(3)
        return page


def _button(words: str, name: str, keys: str) -> QPushButton:
    button = QPushButton(words)
    button.setObjectName(name)
    button.setAccessibleName(f"{words} ({keys})" if keys else words)
    return button


def _icon_button(theme: Theme, icon: str, words: str, keys: str) -> QPushButton:
    button = QPushButton()
    button.setObjectName("quiet")
    button.setIcon(theme.icon(icon, "text-2", 15))
    button.setAccessibleName(words)
    button.setToolTip(f"{words} ({keys})")
    return button
