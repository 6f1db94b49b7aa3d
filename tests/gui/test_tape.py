"""The tape: what its rows say, what stays under the user's eyes, which trades stand out."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, trade
from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading.application.candles import ChartSession, ChartState, ChartStatus
from upbit_auto_trading.domain.trade import Side, Trade
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.screens import depth_words
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.trade_tape import TradeTapeViewModel
from upbit_auto_trading.presentation.widgets.tape_view import ROW_HEIGHT, TapeLook
from upbit_auto_trading.presentation.widgets.trade_tape import TradeTape

Hands: Any = QTest  # its stubs declare static functions as methods
LIVE = ChartStatus(ChartState.LIVE, 0.1)
STALE = ChartStatus(ChartState.STALE, 7.2)


def prints(count: int, first: int = 0) -> list[Trade]:
    return [
        trade(
            price=109_870_000.0 + n * 1000,
            volume=(100_000 + n) / 1e8,
            trade_ms=START_MS + n * 1000,
            side=Side.ASK if n % 3 == 0 else Side.BID,
        )
        for n in range(first, first + count)
    ]


class Tape:
    """A view-model over a session that was given `trades`, oldest first."""

    def __init__(self, session: ChartSession, feed: FakeMarketDataFeed) -> None:
        self.feed = feed
        self.session = session
        self.model = TradeTapeViewModel(session)
        self.words = depth_words.TapeWords()

    def look(self, trades: Sequence[Trade] = (), status: ChartStatus = LIVE) -> TapeLook:
        self.feed.emit(*trades)
        return self.words.look("KRW-BTC", self.model, status)


@pytest.fixture
async def tape(qtbot: QtBot) -> Any:
    feed = FakeMarketDataFeed()
    session = ChartSession(feed, lambda: None)
    await session.show("KRW-BTC", "1m")
    yield Tape(session, feed)
    await session.close()


@pytest.fixture
def pane(theme: Theme, qtbot: QtBot) -> Iterator[TradeTape]:
    made = TradeTape(theme)
    window = QMainWindow()
    window.setCentralWidget(made)
    qtbot.addWidget(window)
    window.setFixedSize(290, 360)
    window.show()
    qtbot.waitExposed(window)
    yield made
    window.close()


async def test_rows_say_what_the_trades_say_newest_first(tape: Tape) -> None:
    trades = prints(5)
    look = tape.look(trades)
    assert [row.number for row in look.rows] == [t.sequential_id for t in reversed(trades)]
    for row, print_ in zip(look.rows, reversed(trades), strict=True):
        assert float(row.size) == print_.volume
        assert float(row.price.replace(",", "")) == print_.price
    assert look.rows[0].time == "17:08:04"
    assert (look.rows[-1].arrow, look.rows[-1].ink) == ("▼", "down")
    assert (look.rows[0].arrow, look.rows[0].ink) == ("▲", "up")
    assert "매수 체결 0.00100004 BTC" in look.spoken


async def test_large_trades_stand_out_and_stop_when_larger_ones_come(tape: Tape) -> None:
    small = prints(60)
    look = tape.look(small)
    assert [row.is_large for row in look.rows] == [True] + [False] * 59, "2 % of 60"
    won_100m = trade(volume=0.92, trade_ms=START_MS + 90_000)
    look = tape.look([won_100m])
    assert [row.is_large for row in look.rows] == [True] + [False] * 60
    assert "10,000,000원" in depth_words.large_rule("KRW-BTC")
    assert "원" not in depth_words.large_rule("BTC-ETH").replace("원)", "")


async def test_strength_is_over_the_trades_listed(tape: Tape) -> None:
    tape.look(
        [
            trade(volume=0.3, side=Side.BID, trade_ms=START_MS),
            trade(volume=0.25, side=Side.ASK, trade_ms=START_MS + 1),
        ]
    )
    look = depth_words.strength_look(tape.model.flow, tape.model.trades, LIVE)
    assert (look.text, look.ink) == ("120.0%", "up")
    assert "0.30000000" in look.explanation
    assert "17:08:00" in look.explanation
    assert depth_words.strength_look(tape.model.flow, tape.model.trades, STALE).is_stale


async def test_new_trades_do_not_move_what_was_scrolled_to(tape: Tape, pane: TradeTape) -> None:
    trades = prints(120)
    pane.show_look(tape.look(trades[:100]))
    bar = pane.view.verticalScrollBar()
    assert bar is not None
    assert pane.view.is_at_top
    assert pane.return_button.isHidden()
    bar.setValue(ROW_HEIGHT * 20 + 7)
    seen = trades[100 - 1 - 25]
    before = pane.view.row_area(25)
    pane.show_look(tape.look(trades[100:]))
    look = tape.look()
    place = [row.number for row in look.rows].index(seen.sequential_id)
    assert place == 45
    assert pane.view.row_area(place) == before
    Hands.mouseClick(pane.return_button, Qt.MouseButton.LeftButton)
    assert pane.view.is_at_top
    assert bar.value() == 0


async def test_at_the_top_the_newest_trade_stays_in_sight(tape: Tape, pane: TradeTape) -> None:
    pane.show_look(tape.look(prints(100)))
    pane.show_look(tape.look(prints(10, first=100)))
    assert pane.view.is_at_top
    assert pane.view.rows_in_sight().start == 0


async def test_only_rows_in_sight_are_painted(tape: Tape, pane: TradeTape) -> None:
    pane.show_look(tape.look(prints(200)))
    surface = pane.view.viewport()
    assert surface is not None
    assert len(pane.view.rows_in_sight()) == -(-surface.height() // ROW_HEIGHT)


async def test_arrows_read_trades_out_and_home_returns(tape: Tape, pane: TradeTape) -> None:
    pane.show_look(tape.look(prints(100)))
    for _ in range(30):
        Hands.keyClick(pane.view, Qt.Key.Key_Down)
    assert not pane.view.is_at_top
    assert pane.view.accessibleDescription() == tape.look().rows[29].spoken
    Hands.keyClick(pane.view, Qt.Key.Key_Home)
    assert pane.view.is_at_top
    assert pane.view.accessibleDescription() == tape.look().rows[0].spoken


async def test_stale_trades_lose_their_colours(tape: Tape, pane: TradeTape, theme: Theme) -> None:
    pane.show_look(tape.look(prints(20)))
    red = theme.hex("up").lower()
    assert red in colours(pane)
    pane.show_look(tape.look(status=STALE))
    assert red not in colours(pane)


async def test_english_is_complete(tape: Tape) -> None:
    choose_language("en")
    look = tape.look(prints(2))
    assert look.spoken.startswith("Trades, newest: Bought 0.00100001 BTC, 109,871,000 KRW")
    assert "10,000,000 KRW" in depth_words.large_rule("KRW-BTC")


def colours(pane: TradeTape) -> set[str]:
    """Every colour on the rows."""
    surface = pane.view.viewport()
    assert surface is not None
    image = surface.grab().toImage()
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }
