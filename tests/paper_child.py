"""A paper run on a made-up market that prints as fast as it can, to be killed at any moment.

`python -m tests.paper_child FOLDER SEED START_MS` writes a line of JSON for everything that was
told, as the `run` command does.
"""

import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.builders import candle, market_info, origin, trade
from tests.fakes import FakeMarketDataFeed
from tests.paper_strategies import at_least, churning
from upbit_auto_trading.application.paper_trading import Desk, paper_run
from upbit_auto_trading.application.run_journal import Told
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.recording import Terms
from upbit_auto_trading.domain.risk import RiskLimits
from upbit_auto_trading.infrastructure.paper_broker import PaperBroker
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger

MARKET = "KRW-BTC"
MINUTE_MS = 60_000
HIGH = 100_001_000.0
TERMS = Terms(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the book."""

    ask_price: float
    ask_size: float
    bid_price: float
    bid_size: float


def book_at(price: float, ms: int) -> Orderbook:
    """Three thin levels either side, so that most orders take more than one."""
    rows = tuple(Row(price + 1000.0 * n, 0.0004, price - 1000.0 * n, 0.0004) for n in range(1, 8))
    return Orderbook(MARKET, rows, 0.0, 0.0, 0.0, ms, origin(ms / 1000))


def market_at(start_ms: int, price: float) -> FakeMarketDataFeed:
    """A market with an hour of history."""
    first_ms = start_ms // MINUTE_MS * MINUTE_MS
    rows = [candle(start_ms=first_ms - MINUTE_MS * n, close=price) for n in range(60, 0, -1)]
    return FakeMarketDataFeed(
        listed=[market_info(MARKET)],
        history={(MARKET, "1m"): rows},
        past_trades={MARKET: [trade(price=price, trade_ms=start_ms - 1)]},
    )


def say(told: Told) -> None:
    """Write one thing that happened."""
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


async def main(folder: Path, seed: int, start_ms: int) -> None:
    """Run until killed."""
    rng = random.Random(seed)
    feed = market_at(start_ms, HIGH - 1000.0)
    limits = RiskLimits(orders_a_minute=10_000_000)
    async with TradingLedger(folder) as ledger:
        desk = Desk(feed, ledger, PaperBroker(), OwnIndicators(), time.time, limits)
        async with paper_run(desk, churning(at_least(HIGH)), MARKET, TERMS, say):
            ms = start_ms
            while True:
                ms += 1
                price = HIGH + 1000.0 * rng.choice((-2, -1, 0, 1))
                feed.emit(book_at(price, ms), trade(price=price, trade_ms=ms))
                await asyncio.sleep(0.0005)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
