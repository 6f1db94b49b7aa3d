"""The look as Qt takes it: style sheet, fonts, icons."""

import itertools
import re

import pytest
from PyQt6.QtGui import QFontInfo, QFontMetrics
from PyQt6.QtWidgets import QApplication

from upbit_auto_trading.presentation.theme import Theme, ThemeError, font
from upbit_auto_trading.presentation.tokens import DirectionScheme, ThemeName
from upbit_auto_trading.resources import resource_path

LOOKS = list(itertools.product(ThemeName, DirectionScheme))
PACKAGE = resource_path("..", "upbit_auto_trading", "presentation").resolve()


@pytest.mark.parametrize(("name", "scheme"), LOOKS)
def test_the_style_sheet_finds_all_its_colours(
    qapp: QApplication, name: ThemeName, scheme: DirectionScheme
) -> None:
    sheet = Theme(name, scheme).stylesheet()
    assert "${" not in sheet
    assert Theme(name, scheme).hex("bg1") in sheet


def test_changing_the_theme_changes_every_surface() -> None:
    dark, light = Theme(ThemeName.DARK), Theme(ThemeName.LIGHT)
    for token in ("bg0", "bg1", "bg2", "bg3", "text-1", "grid", "up", "down-pen"):
        assert dark.hex(token) != light.hex(token)


@pytest.mark.parametrize("name", ["body", "control", "value", "display", "small", "micro"])
def test_digits_are_equally_wide_in_the_bundled_font(theme: Theme, name: str) -> None:
    assert QFontInfo(font(name)).family() == "Pretendard"
    metrics = QFontMetrics(font(name))
    assert len({metrics.horizontalAdvance(digit * 8) for digit in "0123456789"}) == 1


def test_korean_shows_without_any_font_of_the_system(theme: Theme) -> None:
    metrics = QFontMetrics(font("body"))
    assert all(metrics.inFontUcs4(ord(letter)) for letter in "비트코인훈련가상거래소ㅂㅌㅋ▲▼−")


def test_no_text_is_smaller_than_ten_pixels(theme: Theme) -> None:
    names = ("display", "metric", "title", "card", "body", "control", "value", "small", "micro")
    assert min(font(name).pixelSize() for name in names) >= 10


def test_every_icon_the_window_names_is_shipped_and_takes_its_colour(theme: Theme) -> None:
    shipped = {path.stem for path in resource_path("icons").glob("*.svg")}
    source = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    named = set(re.findall(r'(?:icon|pixmap|show_icon)\("([a-z0-9-]+)"', source))
    assert len(named) >= 6
    assert named <= shipped
    image = theme.icon("octagon-alert", "bad", 32).pixmap(32, 32).toImage()
    solid = [
        image.pixelColor(x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    ]
    assert solid
    assert all(colour == theme.colour("bad") for colour in solid)


def test_a_missing_icon_is_an_error_that_names_the_file(theme: Theme) -> None:
    with pytest.raises(ThemeError, match=r"no-such-icon\.svg"):
        theme.icon("no-such-icon")
