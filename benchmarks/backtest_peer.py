"""The peer, run by .venv-peers' Python: the same rules as a backtesting.py strategy.

`python backtest_peer.py CANDLES.npy RSI.npy LEVEL` prints seconds, orders and the version as JSON.
One evaluation a bar, as that library does; the RSI is given, so that it pays for none.
"""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd  # type: ignore[import-not-found, import-untyped, unused-ignore]
from backtesting import (  # type: ignore[import-not-found, import-untyped, unused-ignore]
    Backtest,
    Strategy,
    __version__,
)

CANDLES, RSI, LEVEL = np.load(sys.argv[1]), np.load(sys.argv[2]), float(sys.argv[3])


class SevenRules(Strategy):  # type: ignore[misc, unused-ignore]
    """Entry, pyramid, take-profit, trailing stop, average down, crash and surge, on closes."""

    def init(self) -> None:
        self.rsi = self.I(lambda: RSI, overlay=False)
        self.ups = self.downs = 0
        self.peak = 0.0
        self.armed = self.surge = self.was_up = self.was_down = self.was_low = False
        self.last_crash = -(10**9)

    def next(self) -> None:
        closes = self.data.Close
        price, before = closes[-1], closes[-2]
        bar = len(closes)
        crash, surge = price <= max(price, before) * 0.95, price >= min(price, before) * 1.05
        if crash:
            self.last_crash = bar
        low = self.rsi[-1] <= LEVEL
        if self.position:
            self.hold(price, crash, surge)
        elif low and not self.was_low and bar - self.last_crash >= 30:
            self.buy(size=1)
        self.was_low = low

    def close(self) -> None:
        self.position.close()
        self.ups = self.downs = 0
        self.peak = 0.0
        self.armed = self.surge = self.was_up = self.was_down = False

    def hold(self, price: float, crash: bool, surge: bool) -> None:
        entries = [trade.entry_price for trade in self.trades]
        profit = (price / (sum(entries) / len(entries)) - 1) * 100
        up, down = profit >= 5.0, profit <= -5.0
        self.armed = self.armed or up
        if self.armed:
            self.peak = max(self.peak, price)
        if crash or (self.armed and price <= self.peak * 0.97):
            self.close()
            return
        if up and self.ups == 3 and not self.surge:
            self.close()
            return
        self.surge = self.surge or surge
        if down and not self.was_down and self.downs < 2:
            self.downs += 1
            self.buy(size=1)
        elif up and not self.was_up and self.ups < 3 and not self.surge:
            self.ups += 1
            self.buy(size=1)
        self.was_up, self.was_down = up, down


def main() -> None:
    """Run and print."""
    warnings.simplefilter("ignore")
    index = pd.to_datetime(CANDLES[:, 0], unit="s")
    names = ["Open", "High", "Low", "Close"]
    frame = pd.DataFrame(CANDLES[:, 1:5], index=index, columns=names)
    backtest = Backtest(frame, SevenRules, cash=1e12, commission=0.0005, trade_on_close=True)
    started = time.perf_counter()
    stats = backtest.run()
    seconds = time.perf_counter() - started
    sys.stdout.write(
        json.dumps({"seconds": seconds, "trades": int(stats["# Trades"]), "version": __version__})
    )


main()
