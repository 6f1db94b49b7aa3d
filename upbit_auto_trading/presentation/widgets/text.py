"""A label whose text and colour change only when they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QLabel, QSizePolicy

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme


class Text(QLabel):
    """One piece of text in a font of the type table and a colour of the token table."""

    def __init__(
        self,
        theme: Theme,
        font_name: str = "body",
        ink: str = "text-1",
        text: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._theme = theme
        self._font_name = font_name
        self._ink = ""
        self._italic = False
        self.setFont(font(font_name))
        self.setTextFormat(Qt.TextFormat.PlainText)
        # Inside buttons and tables Qt would take another role, and the ink would not be seen.
        self.setForegroundRole(QPalette.ColorRole.WindowText)
        self._set_ink(ink)

    def show_text(self, text: str, ink: str | None = None, *, italic: bool = False) -> None:
        """Show `text`, in `ink` from now on if given."""
        if text != self.text():
            self.setText(text)
        if ink is not None and ink != self._ink:
            self._set_ink(ink)
        if italic != self._italic:
            self._italic = italic
            self.setFont(font(self._font_name, italic=italic))

    def show_icon(self, name: str, ink: str, size: int) -> None:
        """Show an icon instead of text."""
        key = f"{name} {ink} {size}"
        if self.property("icon") != key:
            self.setProperty("icon", key)
            self.setPixmap(self._theme.pixmap(name, ink, size, self.devicePixelRatioF()))

    def use_font(self, font_name: str) -> None:
        """Change the size and weight."""
        if font_name != self._font_name:
            self._font_name = font_name
            self.setFont(font(font_name, italic=self._italic))

    def shrink(self) -> Text:
        """Give way when there is little room; return the label."""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(0)
        return self

    def _set_ink(self, ink: str) -> None:
        self._ink = ink
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.WindowText, self._theme.colour(ink))
        self.setPalette(palette)
