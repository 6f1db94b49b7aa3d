"""Order book and tape: one new book, one new trade, painted; against a table of Qt's items.

    python -m benchmarks.ladder [--json]

A figure is the median of wording new data and painting the pane, synchronously, with 30 levels
a side in a pane 290 × 500 pixels; `*_paint` is the painting alone. The floor is a QTableWidget
of the same rows and columns with three texts a row set anew, without bars or colours.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Final

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtWidgets import QApplication, QTableWidget, QTableWidgetItem

from benchmarks.chart import medians
from benchmarks.result import Result, show, versions_of
from upbit_auto_trading.application.candles import ChartState, ChartStatus
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.orderbook_ladder import ladder_of
from upbit_auto_trading.domain.stream import Delivery, Origin, Source
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.infrastructure.upbit.wire import WireLevel
from upbit_auto_trading.presentation.screens import depth_words
from upbit_auto_trading.presentation.theme import Theme, load_fonts
from upbit_auto_trading.presentation.widgets.orderbook_ladder import OrderbookLadder
from upbit_auto_trading.presentation.widgets.tape_view import TapeLook, TapeRowLook
from upbit_auto_trading.presentation.widgets.trade_tape import TradeTape

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.presentation.widgets.ladder_view import LadderView
    from upbit_auto_trading.presentation.widgets.tape_view import TapeView

LEVELS: Final = 30
_SIZE: Final = (290, 500)
_RUNS: Final = 300
_ORIGIN: Final = Origin(Source.WEBSOCKET, Delivery.REALTIME, 0.0)
_LIVE: Final = ChartStatus(ChartState.LIVE, 0.1)


def books(count: int) -> list[Orderbook]:
    """Books of which every level's size is new, the worst case for anything kept."""
    random = np.random.default_rng(7)
    made = []
    for _ in range(count):
        sizes = np.round(random.exponential(0.05, (2, LEVELS)), 8)
        levels = [
            WireLevel(
                ask_price=109_871_000.0 + n * 1000,
                bid_price=109_870_000.0 - n * 1000,
                ask_size=float(sizes[0, n]),
                bid_size=float(sizes[1, n]),
            )
            for n in range(LEVELS)
        ]
        totals = sizes.sum(axis=1)
        made.append(
            Orderbook("KRW-BTC", levels, float(totals[0]), float(totals[1]), 0.0, 0, _ORIGIN)
        )
    return made


def ticker() -> Ticker:
    """The day's figures of the books' market."""
    return Ticker(
        "KRW-BTC", 109_870_000.0, 109e6, 111e6, 108e6, 109_165_000.0, 705_000.0, 0.00645807,
        6e10, 544.2, 2e11, 1807.4, 0, 0, _ORIGIN,
    )  # fmt: skip


def ladder() -> dict[str, float]:
    """Measure a new book with every size changed, and the painting alone."""
    pane = OrderbookLadder(Theme())
    pane.setFixedSize(*_SIZE)
    pane.show()
    day = ticker()
    looks = books(_RUNS + 3)
    last = depth_words.ladder_look(ladder_of(looks[0], LEVELS), day, _LIVE)
    pane.show_look(last)
    QApplication.processEvents()

    def new_book(number: int) -> None:
        rows = ladder_of(looks[number], LEVELS)
        pane.show_look(depth_words.ladder_look(rows, day, _LIVE))
        pane.show_balance(depth_words.balance_look(rows, _LIVE))
        QApplication.processEvents()

    figures = measured("book", new_book, pane.view)
    figures |= measured("book_paint", lambda _n: repaint(pane.view), pane.view)
    pane.close()
    return figures


def tape() -> dict[str, float]:
    """Measure a new trade on a tape of 200."""
    pane = TradeTape(Theme())
    pane.setFixedSize(*_SIZE)
    pane.show()
    rows = tuple(
        TapeRowLook(
            n, f"14:32:{n % 60:02d}", f"{109_870_000 + n * 1000:,}", f"0.{n:04d}4700",
            "up" if n % 3 else "down", "▲" if n % 3 else "▼", "", is_large=n % 50 == 0,
        )
        for n in range(_RUNS + 203)
    )[::-1]  # fmt: skip

    def new_trade(number: int) -> None:
        end = len(rows) - number
        pane.show_look(TapeLook(rows[end - 200 : end]))
        QApplication.processEvents()

    figures = measured("trade", new_trade, pane.view)
    figures |= measured("trade_paint", lambda _n: repaint(pane.view), pane.view)
    pane.close()
    return figures


def measured(
    name: str, work: Callable[[int], None], view: LadderView | TapeView
) -> dict[str, float]:
    """Time `work`, which must paint the view every time."""
    before = view.frames_painted
    figures = medians(name, _RUNS, work)
    if view.frames_painted - before < _RUNS:
        raise RuntimeError(f"{name}: runs were timed that painted nothing")
    return figures


def repaint(view: LadderView | TapeView) -> None:
    """Paint everything in sight now."""
    surface = view.viewport()
    if surface is not None:
        surface.repaint()


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ladder", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    given = parser.parse_args(arguments)
    _application = QApplication(sys.argv[:1])
    load_fonts()
    figures = ladder() | tape()
    floor = table()
    ratio = {
        f"book_{kind}": round(floor[f"table_{kind}"] / figures[f"book_{kind}"], 1)
        for kind in ("ms", "cpu_ms")
    }
    rounded = {name: round(ms, 3) for name, ms in figures.items()}
    show(
        Result(
            "ladder",
            rounded,
            {name: round(ms, 3) for name, ms in floor.items()},
            ratio,
            versions_of("PyQt6", "PyQt6-Qt6"),
        ),
        as_json=given.json,
    )
    return 0


def table() -> dict[str, float]:
    """Measure Qt's own table with the same texts."""
    widget = QTableWidget(2 * LEVELS, 3)
    widget.resize(*_SIZE)
    widget.show()
    for row in range(2 * LEVELS):
        for column in range(3):
            widget.setItem(row, column, QTableWidgetItem())
    all_books = books(_RUNS + 3)
    QApplication.processEvents()

    def new_book(number: int) -> None:
        for row, level in enumerate(all_books[number].levels):
            for place, price, size in (
                (LEVELS - 1 - row, level.ask_price, level.ask_size),
                (LEVELS + row, level.bid_price, level.bid_size),
            ):
                texts = (f"{size:.8f}", f"{price:,.0f}", f"{price / 109_165_000 - 1:+.2%}")
                for column, text in enumerate(texts):
                    item = widget.item(place, column)
                    if item is not None:
                        item.setText(text)
        QApplication.processEvents()

    figures = medians("table", _RUNS, new_book)
    widget.close()
    return figures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
