"""The least a window with a chart can cost: PyQt6, pyqtgraph, one curve; optionally a socket.

    python -m benchmarks.bare_window --seconds 3
    python -m benchmarks.bare_window --seconds 20 --ws-url U --markets KRW-BTC,KRW-ETH

Prints when it painted first, in ms since the process began. With a socket it subscribes to what
the product's window does and drops every frame unread.
"""

import argparse
import asyncio
import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pyqtgraph
import qasync
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QApplication

from upbit_auto_trading.presentation.smoke import seconds_since_start


class Plot(pyqtgraph.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A curve of a thousand points; remembers when it was painted first."""

    first_paint_ms: float | None = None

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 -- Qt's name
        super().paintEvent(event)
        if self.first_paint_ms is None:
            self.first_paint_ms = seconds_since_start() * 1000


async def drop_frames(ws_url: str, markets: list[str]) -> None:
    """Subscribe as the window does and look at nothing."""
    from websockets.asyncio.client import connect  # noqa: PLC0415 -- only the run with a socket

    request = [
        {"ticket": "bare"},
        {"type": "ticker", "codes": markets},
        {"type": "trade", "codes": markets[:1]},
        {"type": "orderbook", "codes": markets[:1]},
        {"type": "candle.1m", "codes": markets[:1]},
    ]
    async with connect(ws_url, compression=None, max_queue=4096, proxy=None) as socket:
        await socket.send(json.dumps(request))
        async for _frame in socket:
            pass


async def show(seconds: float, ws_url: str, markets: list[str]) -> float | None:
    """Show the window for a while; return when it painted first."""
    plot = Plot()
    plot.plot([n % 17 for n in range(1000)])
    plot.resize(1600, 1000)
    plot.show()
    dropping = asyncio.ensure_future(drop_frames(ws_url, markets)) if ws_url else None
    await asyncio.sleep(seconds)
    if dropping is not None:
        dropping.cancel()
        await asyncio.gather(dropping, return_exceptions=True)
    return plot.first_paint_ms


def main(arguments: list[str]) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_window")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--ws-url", default="")
    parser.add_argument("--markets", default="KRW-BTC")
    given = parser.parse_args(arguments)
    application = QApplication(sys.argv[:1])
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    with loop:
        painted = loop.run_until_complete(
            show(given.seconds, given.ws_url, given.markets.split(","))
        )
    print(json.dumps({"first_paint_ms": painted}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
