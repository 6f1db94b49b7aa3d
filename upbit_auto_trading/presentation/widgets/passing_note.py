"""A sentence that shows for a few seconds over a screen's lower edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer

from upbit_auto_trading.presentation.widgets.banner import Banner, BannerLook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

_SHOWN_MS: Final = 8000
_GAP: Final = 12


class PassingNote(Banner):
    """Moves nothing when it comes and goes, and lets every click through to what lies below it.

    A line of its own would push buttons away from under the hand, twice.
    """

    def __init__(self, theme: Theme, over: QWidget, below: Sequence[QWidget]) -> None:
        """Lie over `over`, above those of its parts `below` that are in sight."""
        super().__init__(theme, over)
        self._over, self._below = over, below
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._ends = QTimer(self)
        self._ends.setSingleShot(True)
        self._ends.setInterval(_SHOWN_MS)
        self._ends.timeout.connect(self.clear)
        over.installEventFilter(self)

    def tell(self, text: str) -> None:
        """Show a sentence; the one before it gives way."""
        self.show_look(BannerLook("info", text, "", tone="acc"))
        self._place()
        self.raise_()
        self._ends.start()

    def clear(self) -> None:
        """Show nothing. Harmless when repeated."""
        self._ends.stop()
        self.show_look(None)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        if event is not None and event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        room = self._over.width()
        floor = min(
            (part.y() for part in self._below if part.isVisible()), default=self._over.height()
        )
        # Another text changes what the words ask for only once their layout was made anew.
        for layout in (self._words.layout(), self.layout()):
            if layout is not None:
                layout.invalidate()
                layout.activate()
        self.setFixedWidth(min(self.sizeHint().width(), room))
        self.move((room - self.width()) // 2, floor - self.height() - _GAP)
