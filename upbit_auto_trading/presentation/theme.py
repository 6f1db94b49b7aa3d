"""The look: tokens as Qt colours, pens, fonts and icons, and the application's style sheet."""

from __future__ import annotations

import string
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QByteArray, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPen, QPixmap
from PyQt6.QtSvg import QSvgRenderer

from upbit_auto_trading.presentation.tokens import DirectionScheme, ThemeName, resolve
from upbit_auto_trading.resources import resource_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QApplication

FAMILIES: Final = (
    "Pretendard",
    "Noto Sans KR",
    "Noto Sans CJK KR",
    "Apple SD Gothic Neo",
    "Malgun Gothic",
    "sans-serif",
)
# Each name's pixels and weight.
_SIZES: Final = {
    "display": (24, 700),
    "display-small": (21, 700),
    "metric": (20, 700),
    "title": (16, 700),
    "card": (14, 700),
    "body": (13, 400),
    "control": (12, 500),
    "control-strong": (12, 600),
    "value": (13, 600),
    "small": (11, 400),
    "small-strong": (11, 600),
    "tag": (11, 700),
    "micro": (10, 600),
}
_FONT_FILES: Final = (
    "Pretendard-Regular.otf",
    "Pretendard-Medium.otf",
    "Pretendard-SemiBold.otf",
    "Pretendard-Bold.otf",
)


class ThemeError(RuntimeError):
    """A shipped file the look needs can't be used."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is missing or damaged; install the application again")
        self.path = path


class _StyleTemplate(string.Template):
    idpattern = r"[a-z][a-z0-9-]*"


class Theme:
    """One theme with one direction scheme. Built after the QApplication."""

    def __init__(
        self,
        name: ThemeName = ThemeName.DARK,
        scheme: DirectionScheme = DirectionScheme.KOREAN,
    ) -> None:
        self.name = name
        self.scheme = scheme
        self._hex = resolve(name, scheme)
        self._colours = {token: QColor(value) for token, value in self._hex.items()}
        self._icons: dict[tuple[str, str, int, float], QIcon] = {}

    def hex(self, token: str) -> str:
        """The `#RRGGBB` value of a token."""
        return self._hex[token]

    def colour(self, token: str) -> QColor:
        """The colour of a token. Shared: copy it before changing it."""
        return self._colours[token]

    def pen(self, token: str, width: float = 1.0, dashes: Sequence[float] = ()) -> QPen:
        """A pen; hairlines stay one device pixel. `dashes` are lengths of strokes and spaces."""
        pen = QPen(self._colours[token], width)
        pen.setCosmetic(width <= 1)
        if dashes:
            pen.setDashPattern([length / width for length in dashes])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

    def icon(self, name: str, ink: str = "text-2", size: int = 16, stroke: float = 1.75) -> QIcon:
        """A Lucide icon in a token's colour, sharp at up to three times its size."""
        key = (name, ink, size, stroke)
        if key not in self._icons:
            icon = QIcon()
            for ratio in (1, 2, 3):
                icon.addPixmap(_drawn(_svg(name), self._hex[ink], size, stroke, ratio))
            self._icons[key] = icon
        return self._icons[key]

    def swatch(self, token: str) -> QIcon:
        """A stroke of a token's colour, for choosing colours."""
        picture = QPixmap(56, 24)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.fillRect(0, 8, 56, 8, self._colours[token])
        painter.end()
        return QIcon(picture)

    def pixmap(
        self, name: str, token: str, size: int, ratio: float, stroke: float = 1.75
    ) -> QPixmap:
        """An icon as a pixmap for a screen of that pixel ratio."""
        icon = self.icon(name, token, size, stroke)
        return icon.pixmap(QSize(size, size), ratio)

    def stylesheet(self) -> str:
        """The application's style sheet in this theme's colours."""
        return _StyleTemplate(_read("styles", "window.qss")).substitute(self._hex)

    def apply(self, application: QApplication) -> None:
        """Dress the whole application."""
        application.setFont(font("body"))
        palette = QPalette()
        for role, token in (
            (QPalette.ColorRole.Window, "bg0"),
            (QPalette.ColorRole.Base, "bg1"),
            (QPalette.ColorRole.AlternateBase, "bg2"),
            (QPalette.ColorRole.Button, "bg2"),
            (QPalette.ColorRole.WindowText, "text-1"),
            (QPalette.ColorRole.Text, "text-1"),
            (QPalette.ColorRole.ButtonText, "text-1"),
            (QPalette.ColorRole.PlaceholderText, "text-3"),
            (QPalette.ColorRole.Highlight, "acc-fill"),
            (QPalette.ColorRole.HighlightedText, "on-fill"),
            (QPalette.ColorRole.ToolTipBase, "bg2"),
            (QPalette.ColorRole.ToolTipText, "text-1"),
        ):
            palette.setColor(role, self._colours[token])
        application.setPalette(palette)
        application.setStyleSheet(self.stylesheet())


def load_fonts() -> None:
    """Register the bundled fonts with Qt.

    Raises:
        ThemeError: a font file is missing or damaged.
    """
    for name in _FONT_FILES:
        path = str(resource_path("fonts", name))
        if QFontDatabase.addApplicationFont(path) < 0:
            raise ThemeError(path)


def font(name: str, *, italic: bool = False, weight: int | None = None) -> QFont:
    """The font of that name in the type table, with tabular digits. Shared: don't change it."""
    return _font(name, italic, weight)


@lru_cache(maxsize=64)
def _font(name: str, italic: bool, weight: int | None) -> QFont:
    pixels, usual = _SIZES[name]
    made = QFont()
    made.setFamilies(list(FAMILIES))
    made.setPixelSize(pixels)
    made.setWeight(QFont.Weight(weight or usual))
    made.setItalic(italic)
    made.setFeature(QFont.Tag(b"tnum"), 1)
    return made


def _read(*parts: str) -> str:
    path = resource_path(*parts)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ThemeError(str(path)) from error


@lru_cache(maxsize=128)
def _svg(name: str) -> str:
    return _read("icons", f"{name}.svg")


def _drawn(svg: str, colour: str, size: int, stroke: float, ratio: int) -> QPixmap:
    tinted = svg.replace("currentColor", colour).replace(
        'stroke-width="2"', f'stroke-width="{stroke}"'
    )
    renderer = QSvgRenderer(QByteArray(tinted.encode()))
    pixmap = QPixmap(size * ratio, size * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size * ratio, size * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
