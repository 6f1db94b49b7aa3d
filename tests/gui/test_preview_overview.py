"""The strip of a whole period: where it fired, where that was held back."""

from pytestqt.qtbot import QtBot

from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.widgets.preview_overview import OverviewLook, PreviewOverview

SPAN = 1_000_000


def test_firings_are_filled_and_what_was_held_back_is_hollow(qtbot: QtBot) -> None:
    theme = Theme()
    strip = PreviewOverview(theme)
    qtbot.addWidget(strip)
    strip.resize(856, 20)
    firings = tuple((ms, ms == 750_000) for ms in (250_000, *range(500_000, 500_100), 750_000))
    strip.show_look(OverviewLook("1 day", 0, SPAN, firings, "exit"))
    picture = strip.grab().toImage()
    ground, ink = theme.colour("bg0"), theme.colour("exit")

    def inks(ms: int) -> list[object]:
        x = round(strip._x(ms))
        return [picture.pixelColor(x, y) for y in range(6, 14)]

    assert ink in inks(250_000)
    assert ink in inks(500_000)
    held_back = inks(750_000)
    assert ink not in held_back
    assert ground in held_back[3:]
    assert any(colour != ground for colour in held_back)
    assert all(colour == ground for colour in inks(400_000))
