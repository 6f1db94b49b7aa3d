"""RSI of many markets: asked for in order, once a candle, unknown where it can't be known."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from tests.builders import START_MS, candle, market_info
from tests.fakes import FakeMarketDataFeed
from tests.waiting import until
from upbit_auto_trading.application.market_rsi import CANDLES, PERIOD, MarketRsi, RsiFigure
from upbit_auto_trading.domain.failure import FailureCause, RateLimitedError
from upbit_auto_trading.domain.rsi import wilder_rsi
from upbit_auto_trading.domain.truth import UnknownReason

STEP = 15 * 60_000
SLOT = START_MS // STEP * STEP
MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-XRP")


class Bench:
    """The service over a fake feed, on a clock of its own that pauses don't move."""

    def __init__(self) -> None:
        self.now = START_MS / 1000
        self.changed: list[str] = []
        self.feed = FakeMarketDataFeed(listed=[market_info(market) for market in MARKETS])
        self.rsi = MarketRsi(
            self.feed, self.changed.append, lambda: self.now, pause=lambda _s: asyncio.sleep(0)
        )

    def closes(self, market: str, closes: list[float]) -> None:
        """Let a market's newest closed candles end at `closes`, a running one after them."""
        first = SLOT - len(closes) * STEP
        self.feed.history[market, "15m"] = [
            candle(market, "15m", first + n * STEP, close=close)
            for n, close in enumerate([*closes, 1.0])
        ]

    def asked(self) -> list[str]:
        return [market for market, *_rest in self.feed.candle_requests]

    def figure(self, market: str) -> RsiFigure:
        figure = self.rsi.figure(market)
        assert figure is not None
        return figure


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    await made.rsi.close()


def walk(count: int) -> list[float]:
    return [1000.0 + 7 * (n % 5) - 3 * (n % 3) for n in range(count)]


async def test_the_running_candle_is_left_out(bench: Bench) -> None:
    closes = walk(60)
    bench.closes("KRW-BTC", closes)
    bench.rsi.want(["KRW-BTC"])
    await until(lambda: bench.rsi.figure("KRW-BTC") is not None)
    expected = float(wilder_rsi(np.array(closes), PERIOD)[-1])
    assert bench.figure("KRW-BTC") == RsiFigure(expected, None, SLOT - STEP, is_current=True)
    assert bench.feed.candle_requests == [("KRW-BTC", "15m", CANDLES, None)]


async def test_the_first_wanted_is_asked_first_and_each_once_a_candle(bench: Bench) -> None:
    for market in MARKETS:
        bench.closes(market, walk(30))
    bench.rsi.want(["KRW-XRP", "KRW-BTC"])
    await until(lambda: bench.rsi.progress == (2, 2))
    bench.rsi.want(["KRW-BTC", "KRW-ETH"])
    await until(lambda: bench.rsi.progress == (2, 2))
    assert bench.asked() == ["KRW-XRP", "KRW-BTC", "KRW-ETH"]


async def test_a_figure_is_old_once_a_newer_candle_closed_and_is_asked_anew(bench: Bench) -> None:
    bench.closes("KRW-BTC", walk(30))
    bench.rsi.want(["KRW-BTC"])
    await until(lambda: bench.rsi.progress == (1, 1))
    bench.now += STEP / 1000
    assert not bench.figure("KRW-BTC").is_current
    assert bench.rsi.progress == (0, 1)
    bench.rsi.refresh()
    await until(lambda: bench.rsi.progress == (1, 1))
    assert bench.asked() == ["KRW-BTC", "KRW-BTC"]


async def test_a_candle_that_may_still_be_written_is_not_judged(bench: Bench) -> None:
    bench.now = SLOT / 1000 + 0.5
    bench.closes("KRW-BTC", walk(30))
    bench.rsi.want(["KRW-BTC"])
    await until(lambda: bench.rsi.figure("KRW-BTC") is not None)
    assert bench.figure("KRW-BTC").candle_start_ms == SLOT - 2 * STEP


@pytest.mark.parametrize(
    ("closes", "reason"),
    [
        (walk(PERIOD), UnknownReason.WARMING_UP),
        ([500.0] * 40, UnknownReason.FLAT_MARKET),
        ([], UnknownReason.WARMING_UP),
    ],
)
async def test_what_cannot_be_known_is_unknown_with_its_reason(
    bench: Bench, closes: list[float], reason: UnknownReason
) -> None:
    bench.closes("KRW-BTC", closes)
    bench.rsi.want(["KRW-BTC"])
    await until(lambda: bench.rsi.figure("KRW-BTC") is not None)
    assert (bench.figure("KRW-BTC").value, bench.figure("KRW-BTC").reason) == (None, reason)


async def test_a_spent_budget_holds_everything_back_for_a_while(bench: Bench) -> None:
    for market in MARKETS:
        bench.closes(market, walk(30))
    bench.feed.request_error = RateLimitedError("candles", 1.0)
    bench.rsi.want(MARKETS)
    await until(lambda: bool(bench.changed))
    bench.feed.request_error = None
    bench.rsi.refresh()
    await asyncio.sleep(0)
    assert bench.asked() == ["KRW-BTC"]
    assert bench.rsi.failure("KRW-BTC") is FailureCause.RATE_LIMITED
    bench.now += 11
    bench.rsi.refresh()
    await until(lambda: bench.rsi.progress == (3, 3))
    assert bench.rsi.failure("KRW-BTC") is None


async def test_another_timeframe_forgets_what_was_known(bench: Bench) -> None:
    bench.closes("KRW-BTC", walk(30))
    bench.rsi.want(["KRW-BTC"])
    await until(lambda: bench.rsi.figure("KRW-BTC") is not None)
    bench.rsi.use_timeframe("1h")
    assert bench.rsi.figure("KRW-BTC") is None
    await until(lambda: bench.rsi.figure("KRW-BTC") is not None)
    assert bench.feed.candle_requests[-1][:2] == ("KRW-BTC", "1h")
    assert bench.figure("KRW-BTC").value is None


async def test_nothing_is_asked_for_rows_nobody_wants(bench: Bench) -> None:
    bench.closes("KRW-BTC", walk(30))
    bench.rsi.want(["KRW-BTC"])
    bench.rsi.want(())
    for _ in range(20):
        await asyncio.sleep(0)
    assert bench.asked() in ([], ["KRW-BTC"])
    assert bench.rsi.progress == (0, 0)
