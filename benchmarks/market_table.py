"""The market screen's table under 1,000 changed prices a second, beside Qt's plain table view.

    python -m benchmarks.market_table [--json] [--seconds 10] [--rate 1000]

289 markets, 28 rows in sight. Every ticker brings another price of a random market, so every one
that is in sight is painted and flashes. The figure is the CPU of the whole process as a share of
one core. The floor is a plain QTableView on the same model, with the same rows painted by Qt's
own delegate.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import random
import sys
import time
from typing import TYPE_CHECKING, Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtWidgets import QApplication, QTableView

from benchmarks.result import Result, show, versions_of
from upbit_auto_trading.domain.market import MarketInfo
from upbit_auto_trading.domain.stream import Delivery, Origin, Source
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.presentation.theme import Theme, load_fonts
from upbit_auto_trading.presentation.tokens import ThemeName
from upbit_auto_trading.presentation.viewmodels.market_board import MarketBoard
from upbit_auto_trading.presentation.widgets.market_board import MarketBoardTable

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKETS: Final = 289
_SIZE: Final = (1500, 924)
_STEP_S: Final = 0.01
_ORIGIN: Final = Origin(Source.WEBSOCKET, Delivery.REALTIME, 0.0)


def tickers() -> Iterator[Ticker]:
    """First one of each market, then any of them, each with another price than before."""
    dice = random.Random(7)
    now = []
    for number in range(MARKETS):
        price = float(round(10 ** dice.uniform(0, 8)))
        now.append(
            Ticker(
                f"KRW-M{number}", price, price, price * 1.02, price * 0.98, price, 0.0, 0.0,
                1e9, 1e3, dice.uniform(1e8, 1e12), 1e3, 0, 0, _ORIGIN,
            )
        )  # fmt: skip
        yield now[-1]
    while True:
        place = dice.randrange(MARKETS)
        before = now[place]
        price = before.trade_price + dice.choice((-1, 1))
        difference = price - before.prev_closing_price
        now[place] = dataclasses.replace(
            before,
            trade_price=price,
            change_price=difference,
            change_rate=difference / before.prev_closing_price,
        )
        yield now[place]


def board() -> MarketBoard:
    """The screen's rows, without additions."""
    made = MarketBoard(())
    made.set_markets([MarketInfo(f"KRW-M{n}", f"종목 {n}", f"Market {n}") for n in range(MARKETS)])
    return made


def share(model: MarketBoard, view: QTableView, rate: float, seconds: float) -> float:
    """Run the load on a shown view; return the share of a core it took."""
    view.resize(*_SIZE)
    view.show()
    source = tickers()
    for _ in range(MARKETS):
        model.take(next(source))
    QApplication.processEvents()
    started, cpu = time.perf_counter(), time.process_time()
    taken = 0
    while (ran := time.perf_counter() - started) < seconds:
        while taken < ran * rate:
            model.take(next(source))
            taken += 1
        QApplication.processEvents()
        time.sleep(_STEP_S)
    used = time.process_time() - cpu
    view.close()
    return used / (time.perf_counter() - started)


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.market_table")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each run (10)")
    parser.add_argument("--rate", type=float, default=1000.0, help="tickers a second (1000)")
    given = parser.parse_args(arguments)
    application = QApplication(sys.argv[:1])
    load_fonts()
    theme = Theme(ThemeName.DARK)
    theme.apply(application)
    ours, plain = board(), board()
    table = MarketBoardTable(theme, lambda _index: "")
    table.show_model(ours, ours.column_names, [])
    table.visible_rows_changed.connect(ours.set_visible_rows)
    floor_view = QTableView()
    floor_view.setModel(plain)
    figures = {"cpu_share": round(share(ours, table, given.rate, given.seconds), 3)}
    floor = {"cpu_share": round(share(plain, floor_view, given.rate, given.seconds), 3)}
    ratio = {"cpu_share": round(figures["cpu_share"] / max(floor["cpu_share"], 1e-9), 2)}
    show(Result("market_table", figures, floor, ratio, versions_of("PyQt6")), as_json=given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
