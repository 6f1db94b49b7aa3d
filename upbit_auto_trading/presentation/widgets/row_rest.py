"""On which row of a table the pointer, or the keyboard, came to rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QTableView

_RESTS_MS: Final = 150
_STEPS: Final = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
)


class RowRest(QObject):
    """`pointed` carries the row under a pointer at rest, `stepped` the one keys have led to.

    Rows that are only passed on the way aren't told.
    """

    pointed = pyqtSignal(QModelIndex)
    stepped = pyqtSignal(QModelIndex)

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table = table
        self._pointer = QPersistentModelIndex()
        self._pointing, self._stepping = QTimer(self), QTimer(self)
        for timer, told in (
            (self._pointing, self._tell_pointed),
            (self._stepping, self._tell_step),
        ):
            timer.setSingleShot(True)
            timer.setInterval(_RESTS_MS)
            timer.timeout.connect(told)
        table.entered.connect(self._entered)
        table.installEventFilter(self)
        viewport = table.viewport()
        if viewport is not None:
            viewport.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        """Notice keys that move through the rows, and a pointer that leaves."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if watched is self._table and event.key() in _STEPS:
                self._stepping.start()
        elif event is not None and event.type() is QEvent.Type.Leave:
            self._pointing.stop()
        return super().eventFilter(watched, event)

    def _entered(self, index: QModelIndex) -> None:
        if not self._pointer.isValid() or index.row() != self._pointer.row():
            self._pointer = QPersistentModelIndex(index)
            self._pointing.start()

    def _tell_pointed(self) -> None:
        if self._pointer.isValid():
            self.pointed.emit(QModelIndex(self._pointer))

    def _tell_step(self) -> None:
        index = self._table.currentIndex()
        if index.isValid():
            self.stepped.emit(index)
