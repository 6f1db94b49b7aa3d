"""Language, theme and colours of the whole application, changed while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QLibraryInfo, QTranslator

from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.tokens import DirectionScheme, ThemeName

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

    from upbit_auto_trading.domain.settings import Settings


class Appearance:
    """Dresses one application. Widgets made before keep their texts and icons: make them anew."""

    def __init__(self, application: QApplication) -> None:
        self._application = application
        self._qt_texts: QTranslator | None = None
        self._language = ""

    def dress(self, settings: Settings) -> Theme:
        """Take on the look of `settings`; return its theme.

        Raises:
            FileNotFoundError: the language's catalogue isn't shipped.
            ThemeError: a shipped file of the look is missing or damaged.
        """
        if settings.language != self._language:
            choose_language(settings.language)
            self._show_qt_texts(settings.language)
            self._language = settings.language
        theme = Theme(ThemeName(settings.theme), DirectionScheme(settings.scheme))
        theme.apply(self._application)
        return theme

    def _show_qt_texts(self, language: str) -> None:
        """Let Qt's own texts (menus of fields, buttons) follow; English is built in."""
        if self._qt_texts is not None:
            self._application.removeTranslator(self._qt_texts)
            self._qt_texts = None
        if language == "en":
            return
        texts = QTranslator(self._application)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if texts.load(f"qtbase_{language}", folder):
            self._application.installTranslator(texts)
            self._qt_texts = texts


def looks_differ(before: Settings, after: Settings) -> bool:
    """Whether widgets have to be made anew to show `after`."""
    return (before.language, before.theme, before.scheme) != (
        after.language,
        after.theme,
        after.scheme,
    )
