"""The trades' pane: strength, rows, source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.depth_parts import (
    ColumnHeads,
    PaneHead,
    SourceLine,
    message_over,
    small_button,
)
from upbit_auto_trading.presentation.widgets.tape_view import TapeLook, TapeView
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.market_header import SourceLook


@dataclass(frozen=True, slots=True)
class StrengthLook:
    """Which side takes more, worded; `ink` is a direction's colour token."""

    text: str = ""
    ink: str = "even"
    explanation: str = ""
    is_stale: bool = False


class TradeTape(QFrame):
    """Passive: shows the trades it is given."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pane")
        self.view = TapeView(theme)
        self.head = PaneHead(theme, "scroll-text", _("Trades"))
        self._strength_label = Text(theme, "small", "text-3", _("Strength"))
        self._strength = Text(theme, "small-strong", "even")
        self.return_button = small_button(theme, "arrow-up", _("Back to the newest trade"))
        self.source = SourceLine(theme, self.return_button)
        self._columns = ColumnHeads(theme, (_("Time KST"), _("Traded at"), ""), margins=(10, 10))
        self._message = message_over(theme, self.view)
        self._assemble()
        self.view.top_changed.connect(self._top_changed)
        self.return_button.clicked.connect(self.view.to_top)
        self._top_changed(is_at_top=True)

    def show_look(self, look: TapeLook) -> None:
        """Show the trades."""
        self.view.show_look(look)

    def show_strength(self, look: StrengthLook) -> None:
        """Show which side takes more."""
        ink = "text-3" if look.is_stale else look.ink
        self._strength.show_text(look.text, ink, italic=look.is_stale)
        for part in (self._strength, self._strength_label):
            part.setToolTip(look.explanation)
        self._strength.setAccessibleName(f"{self._strength_label.text()} {look.text}")

    def show_unit(self, base: str, explanation: str) -> None:
        """Name the coin the sizes are in, and say what a tinted row means."""
        self._columns.labels[2].show_text(_("Size ({coin})").format(coin=base))
        self._columns.setToolTip(explanation)

    def show_source(self, look: SourceLook) -> None:
        """Show where the trades come from and how old the newest value is."""
        self.source.show_look(look)

    @property
    def message(self) -> str:
        """What is written where the rows would be."""
        return self._message.text()

    def show_message(self, text: str) -> None:
        """Write `text` where the rows would be; empty takes it away."""
        self._message.show_text(text)
        self._message.setVisible(bool(text))

    def _assemble(self) -> None:
        self.head.row.addWidget(self._strength_label)
        self.head.row.addWidget(self._strength)
        self.head.row.addStretch(1)
        price = self._columns.labels[1]
        self._columns.row.removeWidget(price)
        self._columns.row.insertWidget(1, price, 3)
        price.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._columns.row.setStretch(2, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.head, self._columns):
            column.addWidget(part)
        column.addWidget(self.view, 1)
        column.addWidget(self.source)

    def _top_changed(self, is_at_top: bool) -> None:
        self.return_button.setVisible(not is_at_top)
