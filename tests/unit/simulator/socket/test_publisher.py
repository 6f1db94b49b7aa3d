"""What is published when the machine gets to a market late."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.market.listing_state import ListingState
from upbit_auto_trading.simulator.market.market_model import MarketModel
from upbit_auto_trading.simulator.market.market_progress import publish_lag_ms
from upbit_auto_trading.simulator.market.virtual_clock import VirtualClock
from upbit_auto_trading.simulator.socket.frame_maker import FrameMaker
from upbit_auto_trading.simulator.socket.publisher import Publisher
from upbit_auto_trading.simulator.socket.ws_frame import Frame
from upbit_auto_trading.simulator.wire.ws_stream import Format, PublicStream

MODEL = MarketModel(seed=7, markets=24, history_days=10)
NOW_MS = 1_787_731_683_000
BITCOIN = "KRW-BTC"


@dataclass(eq=False)
class Taker:
    """A connection that keeps the keys of what it is sent."""

    format: Format = Format.DEFAULT
    backlog: int = 0
    keys: list[str] = field(default_factory=list)
    wanted: int = 0
    has_all: asyncio.Event = field(default_factory=asyncio.Event)

    def queue(self, frame: Frame) -> None:
        self.keys.append(frame.what[2])

    def flush(self) -> None:
        if len(self.keys) >= self.wanted:
            self.has_all.set()


@pytest.mark.parametrize("speed", [1.0, 60.0, 1000.0])
async def test_a_stall_of_two_seconds_loses_no_trade_however_fast_time_passes(
    speed: float,
) -> None:
    seconds = [0.0]
    time_map = VirtualClock(exchange_ms=NOW_MS, monotonic_s=0, speed=speed)
    clock = ExchangeClock(time_map, lambda: seconds[0], lambda: 0.0)
    publisher = Publisher(MODEL, FrameMaker(MODEL, ListingState(MODEL.listing)), clock)
    taker = Taker()
    publisher.watch(PublicStream("trade", BITCOIN), taker)
    seconds[0] = 2.0
    since_ms = NOW_MS - publish_lag_ms(BITCOIN)
    made = MODEL.prints(BITCOIN, since_ms + 1, since_ms + int(2000 * speed) + 1)
    taker.wanted = len(made)
    running = asyncio.ensure_future(publisher.run())
    async with asyncio.timeout(20):
        await taker.has_all.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert len(made) > speed
    assert taker.keys == [str(trade.sequential_id) for trade in made]
