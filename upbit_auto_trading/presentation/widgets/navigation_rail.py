"""The rail at the left: one item a screen, icon and word; the word goes when room is short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QIcon, QPainter, QPixmap
from PyQt6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

WIDTH: Final = 76
NARROW_WIDTH: Final = 48
_ICON: Final = 20
_BADGE: Final = 11


@dataclass(frozen=True, slots=True)
class RailItem:
    """One screen: its name in the program, its icon, its word, its keys, and where it stands."""

    screen: str
    icon: str
    words: str
    keys: str = ""
    is_last: bool = False


class NavigationRail(QFrame):
    """Passive: shows which screen is open, tells which one is asked for."""

    screen_chosen = pyqtSignal(str)
    width_chosen = pyqtSignal(bool)

    def __init__(
        self, theme: Theme, items: Sequence[RailItem], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._items = list(items)
        self._is_narrow = False
        self._badges: dict[str, str] = {}
        self.setObjectName("rail")
        self.setAccessibleName(_("Screens"))
        self._group = QButtonGroup(self)
        self._buttons = [self._build_item(item) for item in self._items]
        self._fold = QToolButton()
        self._fold.setObjectName("rail-fold")
        self._fold.setIconSize(QSize(16, 16))
        self._fold.clicked.connect(self._fold_clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(0)
        for item, button in zip(self._items, self._buttons, strict=True):
            if item.is_last:
                column.addStretch(1)
            column.addWidget(button)
        column.addWidget(self._fold)
        self._group.idClicked.connect(self._clicked)
        self.set_narrow(narrow=False, may_widen=True)

    def show_screen(self, screen: str) -> None:
        """Mark the screen that is open."""
        for item, button in zip(self._items, self._buttons, strict=True):
            button.setChecked(item.screen == screen)

    def show_badge(self, screen: str, state: str, words: str) -> None:
        """Mark a screen with `warn` or `bad` and say why; an empty state takes the mark away."""
        if self._badges.get(screen, "") == state:
            return
        self._badges[screen] = state
        for item, button in zip(self._items, self._buttons, strict=True):
            if item.screen == screen:
                button.setIcon(self._icon(item.icon, state))
                button.setAccessibleName(f"{item.words}: {words}" if state else item.words)
                button.setToolTip(f"{item.words}\n{words}" if state else item.words)

    def set_narrow(self, *, narrow: bool, may_widen: bool) -> None:
        """Show icons only, or icons and words; `may_widen` is whether the user can choose."""
        self._is_narrow = narrow
        style = Qt.ToolButtonStyle
        for button in self._buttons:
            button.setToolButtonStyle(
                style.ToolButtonIconOnly if narrow else style.ToolButtonTextUnderIcon
            )
            button.setFixedSize(
                NARROW_WIDTH if narrow else WIDTH,
                46 if narrow else 56,
            )
        self._fold.setFixedSize(NARROW_WIDTH if narrow else WIDTH, 28)
        name = "chevrons-right" if narrow else "chevrons-left"
        self._fold.setIcon(self._theme.icon(name, "text-3", 16))
        words = _("Show the names of the screens") if narrow else _("Show icons only")
        self._fold.setToolTip(words)
        self._fold.setAccessibleName(words)
        self._fold.setVisible(may_widen)
        self.setFixedWidth(NARROW_WIDTH if narrow else WIDTH)

    def _build_item(self, item: RailItem) -> QToolButton:
        button = QToolButton()
        button.setObjectName("rail-item")
        button.setCheckable(True)
        button.setText(item.words)
        button.setFont(font("small"))
        button.setIconSize(QSize(_ICON, _ICON))
        button.setIcon(self._icon(item.icon))
        button.setToolTip(f"{item.words} ({item.keys})" if item.keys else item.words)
        button.setAccessibleName(item.words)
        self._group.addButton(button, len(self._group.buttons()))
        return button

    def _icon(self, name: str, badge: str = "") -> QIcon:
        made = QIcon()
        ratio = max(1.0, self.devicePixelRatioF())
        for ink, state in (("text-2", QIcon.State.Off), ("text-1", QIcon.State.On)):
            picture = self._theme.pixmap(name, ink, _ICON, ratio)
            if badge:
                picture = self._badged(picture, badge)
            made.addPixmap(picture, QIcon.Mode.Normal, state)
        return made

    def _badged(self, picture: QPixmap, badge: str) -> QPixmap:
        """The picture with a round `!` at its corner."""
        marked = picture.copy()
        painter = QPainter(marked)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour(badge))
        area = QRectF(_ICON - _BADGE, 0, _BADGE, _BADGE)
        painter.drawEllipse(area)
        painter.setFont(font("micro"))
        painter.setPen(self._theme.colour("bg1"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "!")
        painter.end()
        return marked

    def _clicked(self, number: int) -> None:
        self.screen_chosen.emit(self._items[number].screen)

    def _fold_clicked(self) -> None:
        self.width_chosen.emit(not self._is_narrow)
