"""The order book: what its rows say, where they stand, what keys and clicks do."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from tests.builders import orderbook, ticker
from upbit_auto_trading.application.candles import ChartState, ChartStatus
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.orderbook_ladder import ladder_of
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.screens import depth_words
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.tokens import ThemeName
from upbit_auto_trading.presentation.widgets.ladder_painter import ROW_HEIGHT, LadderLook
from upbit_auto_trading.presentation.widgets.orderbook_ladder import OrderbookLadder

Hands: Any = QTest  # its stubs declare static functions as methods
LIVE = ChartStatus(ChartState.LIVE, 0.1)
STALE = ChartStatus(ChartState.STALE, 7.2)
WIDTH, HEIGHT = 290, 500


def deep_book(offset: int = 0, asks: int = 30, bids: int = 30) -> Orderbook:
    """A book around 109,870,000 whose sizes are all different."""
    middle = 109_870_000.0 + offset * 1000
    return orderbook(
        asks=[(middle + n * 1000, n / 1000) for n in range(1, asks + 1)],
        bids=[(middle - n * 1000, n / 500) for n in range(bids)],
    )


def look_of(book: Orderbook, depth: int = 30, status: ChartStatus = LIVE) -> LadderLook:
    return depth_words.ladder_look(ladder_of(book, depth), ticker(), status)


@pytest.fixture
def pane(theme: Theme, qtbot: QtBot) -> Iterator[OrderbookLadder]:
    made = OrderbookLadder(theme)
    window = QMainWindow()
    window.setCentralWidget(made)
    qtbot.addWidget(window)
    window.setFixedSize(WIDTH, HEIGHT)
    window.show()
    qtbot.waitExposed(window)
    yield made
    window.close()


def middle_of_spread(pane: OrderbookLadder) -> float:
    return (pane.view.row_area(-1).bottom() + pane.view.row_area(1).top()) / 2


def viewport_middle(pane: OrderbookLadder) -> float:
    surface = pane.view.viewport()
    assert surface is not None
    return surface.height() / 2


def test_rows_say_what_the_recorded_book_says(payloads: Callable[[str], Any]) -> None:
    row = payloads("samples/rest_orderbook_30.json")[0]
    units = row["orderbook_units"]
    book = orderbook(
        row["market"],
        [(u["ask_price"], u["ask_size"]) for u in units],
        [(u["bid_price"], u["bid_size"]) for u in units],
    )
    look = look_of(book)
    for worded, key in ((look.asks, "ask"), (look.bids, "bid")):
        assert [float(r.size.replace(",", "")) for r in worded] == [u[f"{key}_size"] for u in units]
        assert [float(r.price_text.replace(",", "")) for r in worded] == [
            u[f"{key}_price"] for u in units
        ]
        total = float(worded[-1].cumulative_exact.replace(",", ""))
        assert total == row[f"total_{key}_size"]


def test_prices_have_the_sign_and_colour_of_their_change_since_the_previous_close() -> None:
    day = ticker(price=110_000_000.0, change_rate=0.1)
    close = day.prev_closing_price
    book = orderbook(asks=[(close * 1.02, 1.0)], bids=[(close, 1.0), (close * 0.99, 1.0)])
    look = depth_words.ladder_look(ladder_of(book, 15), day, LIVE)
    rows = (*look.asks, *look.bids)
    assert [(row.change, row.ink) for row in rows] == [
        ("+2.00%", "up"),
        ("0.00%", "even"),
        ("−1.00%", "down"),
    ]
    assert (look.last_arrow, look.last_ink) == ("▲", "up")


def test_without_a_ticker_no_change_is_claimed() -> None:
    look = depth_words.ladder_look(ladder_of(deep_book(), 15), None, LIVE)
    assert {(row.change, row.ink) for row in look.asks} == {("", "even")}
    assert look.last_price == "—"


def test_bars_are_parts_of_the_largest_size_and_the_deepest_side() -> None:
    book = orderbook(asks=[(102.0, 1.0), (103.0, 3.0)], bids=[(98.0, 8.0)])
    look = depth_words.ladder_look(ladder_of(book, 15), None, LIVE)
    assert [row.size_share for row in (*look.asks, *look.bids)] == [1 / 8, 3 / 8, 1.0]
    assert [row.cumulative_share for row in (*look.asks, *look.bids)] == [1 / 8, 0.5, 1.0]


def test_spread_and_totals_are_in_words() -> None:
    ladder = ladder_of(deep_book(), 30)
    look = depth_words.ladder_look(ladder, ticker(), LIVE)
    assert look.spread == "스프레드 1,000 · 0.001%"
    assert "109,871,000" in look.spread_explained
    balance = depth_words.balance_look(ladder, LIVE)
    assert (balance.asks, balance.bids) == ("매도 0.4650", "0.8700 매수")
    assert "0.46500000" in balance.explanation
    assert balance.ask_share is not None
    assert round(balance.ask_share, 4) == round(465 / 1335, 4)


def test_a_spread_too_small_for_three_decimals_is_not_called_nothing() -> None:
    book = orderbook("BTC-ETH", asks=[(0.0242515, 1.0)], bids=[(0.02425147, 1.0)])
    look = depth_words.ladder_look(ladder_of(book, 15), None, LIVE)
    assert look.spread == "스프레드 0.00000003 · <0.001%"


def test_asks_stand_above_bids_best_prices_at_the_spread(pane: OrderbookLadder) -> None:
    pane.show_look(look_of(deep_book()))
    view = pane.view
    tops = [view.row_area(number).top() for number in (-2, -1, 1, 2)]
    assert tops == sorted(tops)
    assert view.row_at(view.row_area(-1).center().y()) == -1
    assert view.row_at(view.row_area(2).center().y()) == 2
    assert view.row_at(view.row_area(1).top() - 5) == 0, "the spread is no row"


@pytest.mark.parametrize(("asks", "bids"), [(30, 30), (30, 22), (3, 2), (4, 0)])
def test_the_spread_stays_in_the_middle(pane: OrderbookLadder, asks: int, bids: int) -> None:
    pane.show_look(look_of(deep_book(asks=asks, bids=bids)))
    assert abs(middle_of_spread(pane) - viewport_middle(pane)) <= ROW_HEIGHT / 2
    assert pane.view.is_centred


def test_a_user_who_scrolled_keeps_the_distance_until_the_button_returns(
    pane: OrderbookLadder,
) -> None:
    pane.show_look(look_of(deep_book()))
    assert pane.return_button.isHidden()
    bar = pane.view.verticalScrollBar()
    assert bar is not None
    bar.setValue(bar.value() - 100)
    assert not pane.view.is_centred
    place = middle_of_spread(pane)
    pane.show_look(look_of(deep_book(offset=7, asks=27)))
    assert middle_of_spread(pane) == place
    Hands.mouseClick(pane.return_button, Qt.MouseButton.LeftButton)
    assert abs(middle_of_spread(pane) - viewport_middle(pane)) <= 1
    assert pane.return_button.isHidden()


def test_a_click_tells_the_price_under_it_and_nothing_else(
    pane: OrderbookLadder, qtbot: QtBot
) -> None:
    pane.show_look(look_of(deep_book()))
    surface = pane.view.viewport()
    with qtbot.waitSignal(pane.price_chosen) as chosen:
        place = pane.view.row_area(-3).center()
        Hands.mouseClick(surface, Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [109_873_000.0]
    with qtbot.assertNotEmitted(pane.price_chosen):
        spread = QPoint(50, round(middle_of_spread(pane)))
        Hands.mouseClick(surface, Qt.MouseButton.LeftButton, pos=spread)


def test_arrows_walk_across_the_spread_and_enter_chooses(
    pane: OrderbookLadder, qtbot: QtBot
) -> None:
    pane.show_look(look_of(deep_book()))
    view = pane.view
    Hands.keyClick(view, Qt.Key.Key_Up)
    assert view.current == -1
    assert view.accessibleDescription().startswith("매도 109,871,000")
    Hands.keyClick(view, Qt.Key.Key_Down)
    assert view.current == 1
    with qtbot.waitSignal(pane.price_chosen) as chosen:
        Hands.keyClick(view, Qt.Key.Key_Return)
    assert chosen.args == [109_870_000.0]
    for _ in range(40):
        Hands.keyClick(view, Qt.Key.Key_Down)
    assert view.current == 30
    surface = view.viewport()
    assert surface is not None
    assert surface.rect().contains(view.row_area(30))
    Hands.keyClick(view, Qt.Key.Key_Home)
    assert view.is_centred
    assert view.current == 0


def test_stale_rows_lose_their_colours_and_say_so(pane: OrderbookLadder) -> None:
    fresh, stale = look_of(deep_book()), look_of(deep_book(), status=STALE)
    assert (fresh.is_stale, stale.is_stale) == (False, True)
    assert "실시간 아님" in stale.spoken
    pane.show_look(fresh)
    live_colours = colours(pane)
    pane.show_look(stale)
    stale_colours = colours(pane)
    red = Theme(ThemeName.DARK).hex("up").lower()
    assert red in live_colours
    assert red not in stale_colours


def test_a_group_that_may_go_on_says_that_its_size_is_a_lower_bound(pane: OrderbookLadder) -> None:
    ladder = ladder_of(deep_book(offset=3), 30, grouping=100)
    pane.show_look(depth_words.ladder_look(ladder, ticker(), LIVE))
    assert [row.is_partial for row in ladder.asks] == [False, True]
    assert "이상" not in pane.view.explanation(-1)
    assert "이상" in pane.view.explanation(-2)
    assert "30단계" in pane.view.explanation(-2)


def test_the_ladder_reads_out_its_best_prices(pane: OrderbookLadder) -> None:
    pane.show_look(look_of(deep_book()))
    name = pane.view.accessibleName()
    assert "109,871,000" in name
    assert "109,870,000" in name
    for part in (pane.depth_choice, pane.grouping_choice, pane.return_button):
        assert part.accessibleName()


def test_levels_and_grouping_are_chosen_from_menus(pane: OrderbookLadder, qtbot: QtBot) -> None:
    pane.show_choices(15, [(1, "안 함"), (10, "10,000")], 10)
    assert pane.depth_choice.text() == "15단계 ▾"
    assert pane.grouping_choice.text() == "모아보기 10,000 ▾"
    depths, groupings = pane.depth_choice.menu(), pane.grouping_choice.menu()
    assert depths is not None
    assert groupings is not None
    assert [action.isChecked() for action in groupings.actions()] == [False, True]
    with qtbot.waitSignal(pane.depth_chosen) as chosen:
        depths.actions()[1].trigger()
    assert chosen.args == [30]
    with qtbot.waitSignal(pane.grouping_chosen) as chosen:
        groupings.actions()[0].trigger()
    assert chosen.args == [1]


def test_english_is_complete() -> None:
    choose_language("en")
    look = look_of(deep_book())
    assert look.spread == "Spread 1,000 · 0.001%"
    assert look.spoken.startswith("Order book, best ask 109,871,000")


def colours(pane: OrderbookLadder) -> set[str]:
    """Every colour on the rows, without what antialiasing mixes being told apart."""
    surface = pane.view.viewport()
    assert surface is not None
    image = surface.grab().toImage()
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }
