"""A tile with one figure: what it is, its value, and a line that puts it in proportion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.widgets.elided_text import ElidedText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

HEIGHT: Final = 76


@dataclass(frozen=True, slots=True)
class Metric:
    """What a tile shows; inks are tokens."""

    label: str
    value: str
    detail: str = ""
    ink: str = "text-1"
    detail_ink: str = "text-3"
    explanation: str = ""


class MetricTile(QFrame):
    """One figure."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pane")
        self.setFixedHeight(HEIGHT)
        self._label = ElidedText(theme, "small", "text-2").shrink()
        self._value = ElidedText(theme, "metric").shrink()
        self._detail = ElidedText(theme, "small", "text-3").shrink()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(1)
        for part in (self._label, self._value, self._detail):
            column.addWidget(part)

    def show_metric(self, metric: Metric) -> None:
        """Show another figure."""
        self._label.show_text(metric.label)
        self._value.show_text(metric.value, metric.ink)
        self._detail.show_text(metric.detail, metric.detail_ink)
        self.setToolTip(metric.explanation)
        self.setAccessibleName(f"{metric.label}: {metric.value}, {metric.detail}")


class MetricRow(QWidget):
    """Tiles side by side."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tiles: list[MetricTile] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)

    def show_metrics(self, metrics: Sequence[Metric]) -> None:
        """Show a tile for each."""
        while len(self._tiles) < len(metrics):
            self._tiles.append(MetricTile(self._theme))
            self._row.addWidget(self._tiles[-1], 1)
        for place, tile in enumerate(self._tiles):
            tile.setVisible(place < len(metrics))
            if place < len(metrics):
                tile.show_metric(metrics[place])
