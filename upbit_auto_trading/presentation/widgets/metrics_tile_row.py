"""The tiles side by side; in two rows where one would cut their figures off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtWidgets import QGridLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PyQt6.QtGui import QResizeEvent

    from upbit_auto_trading.presentation.widgets.metrics_tile import MetricsTile

LEAST: Final = 132
"""The width a tile's figure and its line of detail need."""
_GAP: Final = 4


class MetricsTileRow(QWidget):
    """Lays tiles out by the width there is; reading order stays the same."""

    def __init__(self, tiles: Iterable[MetricsTile]) -> None:
        super().__init__()
        self._tiles = tuple(tiles)
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP)
        self.setMinimumWidth(0)
        self._lay_out(len(self._tiles))

    @property
    def columns(self) -> int:
        """How many tiles stand beside each other."""
        return self._columns

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        count = len(self._tiles)
        fits = (self.width() + _GAP) // count >= LEAST + _GAP
        self._lay_out(count if fits else (count + 1) // 2)

    def _lay_out(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for place, tile in enumerate(self._tiles):
            self._grid.removeWidget(tile)
            self._grid.addWidget(tile, place // columns, place % columns)
        for column in range(len(self._tiles)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
