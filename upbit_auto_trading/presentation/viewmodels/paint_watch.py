"""Tells the metrics when a value that came in is on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.metrics_painting import PaintMeter
    from upbit_auto_trading.presentation.viewmodels.coalescer import Coalescer


class PaintWatch(QObject):
    """Follows one part of the window behind one coalescer.

    The widgets are given their state while the coalescer flushes; Qt paints what that changed
    before it turns to timers that are due at once, so such a timer tells when it is painted.
    Made after whoever else listens to the coalescer. What comes in while the part is out of
    sight isn't counted.
    """

    def __init__(
        self,
        part: str,
        meter: PaintMeter,
        coalescer: Coalescer,
        is_visible: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._part = part
        self._meter = meter
        self._is_visible = is_visible
        self._painted = QTimer(self)
        self._painted.setSingleShot(True)
        self._painted.timeout.connect(self._paint)
        coalescer.flushed.connect(self._give)

    def take(self) -> None:
        """Note a value that the part is to show."""
        if self._is_visible():
            self._meter.take(self._part)

    def _give(self) -> None:
        self._meter.give(self._part)
        self._painted.start(0)

    def _paint(self) -> None:
        self._meter.paint(self._part)
