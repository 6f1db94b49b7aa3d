"""A label that shortens its text with an ellipsis where there is little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QSize, Qt
from PyQt6.QtGui import QHelpEvent, QPainter, QPalette
from PyQt6.QtWidgets import QSizePolicy, QToolTip

from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme


class ElidedText(Text):
    """Gives way down to nothing; the whole text is its tool tip while it is shortened."""

    def __init__(
        self,
        theme: Theme,
        font_name: str = "body",
        ink: str = "text-1",
        text: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, font_name, ink, text, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(0, super().minimumSizeHint().height())

    @property
    def is_shortened(self) -> bool:
        """Whether there is less room than the text takes."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self.width()

    def event(self, event: QEvent | None) -> bool:
        if (
            isinstance(event, QHelpEvent)
            and event.type() is QEvent.Type.ToolTip
            and self.is_shortened
        ):
            QToolTip.showText(event.globalPos(), self._told(), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(self.alignment()), text)
        painter.end()

    def _told(self) -> str:
        """The whole text, and what it or the widget it stands in explains."""
        part: QWidget | None = self
        while part is not None and not part.toolTip():
            part = None if part.isWindow() else part.parentWidget()
        explained = part.toolTip() if part is not None else ""
        return self.text() if explained in ("", self.text()) else f"{self.text()}\n{explained}"
