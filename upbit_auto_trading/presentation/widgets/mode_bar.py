"""The bar across the top that tells whose prices these are. It can't be hidden."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPixmap, QPolygonF
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent, QResizeEvent

    from upbit_auto_trading.presentation.theme import Theme

HEIGHT: Final = 34
_WORDY: Final = 1100
_TILE: Final = 25
_STRIPE: Final = _TILE / 2


class ModeKind(Enum):
    """The looks the bar has: nothing known yet, simulated prices, the exchange's own."""

    STARTING = "starting"
    TRAINING = "training"
    MARKET_DATA = "market_data"


@dataclass(frozen=True, slots=True)
class ModeLook:
    """What the bar says: the tag, and chips after it."""

    kind: ModeKind
    title: str
    chips: tuple[str, ...] = ()


def hatch(first: QColor, second: QColor, ratio: float = 1.0) -> QPixmap:
    """Return a tile of 45° stripes that meets itself at its edges."""
    tile = QPixmap(round(_TILE * ratio), round(_TILE * ratio))
    tile.setDevicePixelRatio(ratio)
    tile.fill(first)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(second)
    for shift in (-_TILE, 0, _TILE):
        corners = (
            QPointF(shift, _TILE),
            QPointF(shift + _STRIPE, _TILE),
            QPointF(shift + _STRIPE + _TILE, 0),
            QPointF(shift + _TILE, 0),
        )
        painter.drawPolygon(QPolygonF(corners))
    painter.end()
    return tile


class _ModeTag(QWidget):
    """Icon and words on the mode's own colour."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._look = ModeLook(ModeKind.STARTING, "")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFont(font("card"))

    def show_look(self, look: ModeLook) -> None:
        self._look = look
        self.setAccessibleName(look.title)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(self.fontMetrics().horizontalAdvance(self._look.title) + 58, HEIGHT)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        theme, kind = self._theme, self._look.kind
        painter = QPainter(self)
        if kind is ModeKind.TRAINING:
            tile = hatch(theme.colour("training-tag"), theme.colour("training-tag-hatch"))
            painter.drawTiledPixmap(self.rect(), tile)
            ink, icon = "training-text", "flask-conical"
        elif kind is ModeKind.MARKET_DATA:
            painter.fillRect(self.rect(), theme.colour("paper-tag"))
            ink, icon = "on-fill", "activity"
        else:
            painter.fillRect(self.rect(), theme.colour("bg3"))
            ink, icon = "text-2", "loader-circle"
        pixmap = theme.pixmap(icon, ink, 17, self.devicePixelRatioF())
        painter.drawPixmap(QRect(14, (HEIGHT - 17) // 2, 17, 17), pixmap)
        painter.setPen(theme.colour(ink))
        area = QRectF(38, 0, self.width() - 44, HEIGHT)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self._look.title)
        painter.end()


class ModeBar(QWidget):
    """Mode tag and chips; colour, icon and words say the same. At the right, all commands."""

    palette_requested = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._kind = ModeKind.STARTING
        self.setFixedHeight(HEIGHT)
        self._tag = _ModeTag(theme)
        self._chips = QHBoxLayout()
        self._chips.setSpacing(6)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._tag)
        row.addLayout(self._chips)
        row.addStretch(1)
        commands = self._commands = QPushButton()
        commands.setObjectName("palette-button")
        commands.setIcon(theme.icon("search", "text-3", 14))
        commands.setAccessibleName(_("Command palette"))
        commands.clicked.connect(self.palette_requested)
        row.addWidget(commands)
        self._row = row
        self._fit(self.width())

    def add_control(self, control: QWidget) -> None:
        """Put a control at the right end."""
        self._row.addWidget(control, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_look(self, look: ModeLook) -> None:
        """Show another mode."""
        self._kind = look.kind
        self._tag.show_look(look)
        while (item := self._chips.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for words in look.chips:
            chip = Text(self._theme, "control-strong", "text-1", words)
            chip.setObjectName("mode-chip")
            chip.setProperty("mode", look.kind.value)
            self._chips.addWidget(chip, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setAccessibleName(" · ".join((look.title, *look.chips)))
        self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._fit(self.width())

    def _fit(self, width: int) -> None:
        """Leave the keys alone where there is no room for the words: the stop button stays."""
        words = "    ".join(filter(None, (_("Commands and markets") * (width >= _WORDY), "Ctrl+K")))
        if self._commands.text().strip() != words:
            self._commands.setText(f"  {words}")

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        theme, painter = self._theme, QPainter(self)
        if self._kind is ModeKind.TRAINING:
            tile = hatch(theme.colour("training-bar"), theme.colour("training-bar-hatch"))
            painter.drawTiledPixmap(self.rect(), tile)
        else:
            quiet = "paper-bar" if self._kind is ModeKind.MARKET_DATA else "bg1"
            painter.fillRect(self.rect(), theme.colour(quiet))
        painter.end()
