"""The order book's pane: ladder, how it is laid out, what both sides amount to, its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.depth_parts import (
    Choice,
    ColumnHeads,
    PaneHead,
    SourceLine,
    message_over,
    small_button,
)
from upbit_auto_trading.presentation.widgets.ladder_view import LadderView
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.ladder_painter import LadderLook
    from upbit_auto_trading.presentation.widgets.market_header import SourceLook

DEPTHS: Final = (15, 30)
_BALANCE_HEIGHT: Final = 26
_BAR_HEIGHT: Final = 4


@dataclass(frozen=True, slots=True)
class BalanceLook:
    """What is offered and asked for on the rows shown; `ask_share` of both is 0 to 1."""

    asks: str
    bids: str
    ask_share: float | None
    explanation: str = ""
    is_stale: bool = False


class OrderbookLadder(QFrame):
    """Passive: shows what it is given, tells what the user asks for."""

    price_chosen = pyqtSignal(float)
    depth_chosen = pyqtSignal(int)
    grouping_chosen = pyqtSignal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pane")
        self.view = LadderView(theme)
        self.head = PaneHead(theme, "table", _("Order book"))
        self.depth_choice = Choice(_("Levels"), self.depth_chosen.emit)
        self.grouping_choice = Choice(_("Grouping"), self.grouping_chosen.emit)
        self.return_button = small_button(theme, "crosshair", _("Back to the spread"))
        self.source = SourceLine(theme, self.return_button)
        self._balance = _Balance(theme)
        self._columns = ColumnHeads(
            theme,
            (_("Size · sum"), _("Level"), _("vs close")),
            margins=(9, 9 + self.view.bar_width),
        )
        change = self._columns.labels[2]
        change.setFixedWidth(self.view.change_width)
        change.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._message = message_over(theme, self.view)
        self._assemble()
        self.view.price_chosen.connect(self.price_chosen)
        self.view.centred_changed.connect(self._centred_changed)
        self.return_button.clicked.connect(self.view.centre)
        self._centred_changed(is_centred=True)

    def show_look(self, look: LadderLook) -> None:
        """Show the ladder's rows."""
        self.view.show_look(look)

    def show_balance(self, look: BalanceLook) -> None:
        """Show what both sides amount to."""
        self._balance.show_look(look)

    def show_source(self, look: SourceLook) -> None:
        """Show where the book comes from and how old it is; every row can tell it, too."""
        self.source.show_look(look)
        self.view.provenance = look.explanation

    def show_choices(
        self,
        depth: int,
        groupings: Sequence[tuple[int, str]],
        grouping: int,
        *,
        is_exchanges: bool = False,
    ) -> None:
        """Show how many levels there are, what they are grouped by, and whether elsewhere."""
        depths = [(n, _("{n} levels").format(n=n)) for n in DEPTHS]
        self.depth_choice.show_options(depths, depth, f"{dict(depths)[depth]} ▾")
        words = dict(groupings).get(grouping, "")
        self.grouping_choice.show_options(
            groupings, grouping, _("Group {step} ▾").format(step=words) if words else ""
        )
        self.grouping_choice.setVisible(len(groupings) > 1)
        self.grouping_choice.setToolTip(
            _("The exchange groups the book by this step: every row is whole.")
            if is_exchanges
            else _(
                "Levels are added up here from the 30 the exchange sends a side; asks count to the"
                " next step up, bids to the next step down. A size with + may be larger."
            )
        )

    @property
    def message(self) -> str:
        """What is written where the rows would be."""
        return self._message.text()

    def show_message(self, text: str) -> None:
        """Write `text` where the rows would be; empty takes it away."""
        self._message.show_text(text)
        self._message.setVisible(bool(text))

    def _assemble(self) -> None:
        self.head.row.addWidget(self.depth_choice)
        self.head.row.addStretch(1)
        self.head.row.addWidget(self.grouping_choice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        parts: tuple[QWidget, ...] = (
            self.head,
            self._columns,
            self.view,
            self._balance,
            self.source,
        )
        for part in parts:
            column.addWidget(part, 1 if part is self.view else 0)

    def _centred_changed(self, is_centred: bool) -> None:
        self.return_button.setVisible(not is_centred)


class _Balance(QWidget):
    """Both totals at the ends of one bar that shows their shares."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._asks = Text(theme, "small", "down")
        self._bids = Text(theme, "small", "up")
        self._bar = _ShareBar(theme)
        self.setFixedHeight(_BALANCE_HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(8)
        row.addWidget(self._asks)
        row.addWidget(self._bar, 1)
        row.addWidget(self._bids)

    def show_look(self, look: BalanceLook) -> None:
        stale = look.is_stale
        self._asks.show_text(look.asks, "text-3" if stale else "down", italic=stale)
        self._bids.show_text(look.bids, "text-3" if stale else "up", italic=stale)
        self._bar.show_share(look.ask_share, stale=stale)
        self.setToolTip(look.explanation)
        self.setAccessibleName(f"{look.asks}, {look.bids}")


class _ShareBar(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._share: float | None = None
        self._is_stale = False

    def show_share(self, share: float | None, *, stale: bool) -> None:
        if (share, stale) != (self._share, self._is_stale):
            self._share, self._is_stale = share, stale
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        painter = QPainter(self)
        top = (self.height() - _BAR_HEIGHT) // 2
        painter.fillRect(0, top, self.width(), _BAR_HEIGHT, self._theme.colour("bg3"))
        if self._share is not None and not self._is_stale:
            asks = round(self.width() * self._share)
            painter.fillRect(0, top, asks, _BAR_HEIGHT, self._theme.colour("down-pen"))
            rest = self.width() - asks
            painter.fillRect(asks, top, rest, _BAR_HEIGHT, self._theme.colour("up-pen"))
        painter.end()
