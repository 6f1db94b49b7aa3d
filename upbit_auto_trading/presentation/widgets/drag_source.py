"""The one place where a drag begins: Qt runs a loop of its own until the drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QMimeData, QPoint, Qt
from PyQt6.QtGui import QDrag, QPixmap

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

VARIABLE: Final = "application/x-upbit-variable"
NODE: Final = "application/x-upbit-node"
PART: Final = "application/x-upbit-trigger"


def drag(source: QWidget, kind: str, value: str, picture: QPixmap | None = None) -> bool:
    """Drag `value` of a kind until it is dropped; return whether anybody took it.

    Call it from a mouse event, never from a task.
    """
    data = QMimeData()
    data.setData(kind, value.encode())
    data.setText(value)
    dragged = QDrag(source)
    dragged.setMimeData(data)
    if picture is not None:
        dragged.setPixmap(picture)
        dragged.setHotSpot(QPoint(12, 12))
    return dragged.exec(Qt.DropAction.MoveAction) != Qt.DropAction.IgnoreAction


def dragged_value(data: QMimeData | None, kind: str) -> str:
    """Return what is dragged if it is of that kind, else an empty text."""
    if data is None or not data.hasFormat(kind):
        return ""
    return data.data(kind).data().decode()
