"""The channel selector against what the transport could really do at that instant.

The oracle is the fake transport's own ability to deliver; the selector never sees it, only the
socket library's view of the connection.
"""

import random
from dataclasses import asdict, dataclass
from typing import Any

import pytest
from websockets.protocol import State

from tests.builders import ticker
from tests.faults.harness import (
    NEVER,
    exchange,
    fast,
    is_current,
    passes,
    relaxed,
    scene,
    squeezed,
    told,
    until,
)
from tests.long_runs import LongRun
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.stream import Source, Stream
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.market_data_backbone.channel_selector import Way
from upbit_auto_trading.infrastructure.market_data_backbone.smart_router import SmartRouter
from upbit_auto_trading.infrastructure.upbit.websocket_client import WebSocketClient

STREAM = Stream("ticker", "KRW-BTC")


class _FlappingTransport:
    """A connection that comes and goes; `delivers` is the truth of this instant."""

    def __init__(self, source: random.Random) -> None:
        self._random = source
        self.transport = self
        self.state = State.OPEN
        self.delivers = True
        self._closing = False

    def is_closing(self) -> bool:
        return self._closing

    def flap(self) -> None:
        """Break in one of the ways a connection breaks, or come back."""
        if not self.delivers:
            self.state, self._closing, self.delivers = State.OPEN, False, True
            return
        self.delivers = False
        way = self._random.randrange(3)
        self._closing = way != 0
        self.state = (State.CLOSING, State.OPEN, State.CLOSED)[way]


def _agreement(decisions: int, seed: int) -> float:
    """Return the share of decisions that used the socket exactly when it could deliver."""
    source = random.Random(seed)
    feed = MarketDataBackbone("http://127.0.0.1:9", "ws://127.0.0.1:9", policy=Policy())
    live_feed, router = feed._feed, feed._router
    transport = _FlappingTransport(source)
    socket: Any = live_feed.socket
    socket._connection = transport
    live_feed.manager.hold(STREAM, holder="chart", now=0.0)
    live_feed.store.open(STREAM).accept(ticker("KRW-BTC"))
    live_feed.manager.mark_sent(frozenset([STREAM]), 0.0)
    live_feed.manager.first_frame(STREAM)
    agreed = 0
    for _ in range(decisions):
        if source.random() < 0.3:
            transport.flap()
        uses_socket = router.decide(STREAM).way in (Way.LIVE, Way.WAIT)
        agreed += uses_socket == transport.delivers
    return agreed / decisions


@pytest.mark.long("selector_agreement")
@pytest.mark.timeout(600)
async def test_the_selector_agrees_with_the_transport_every_time(long_run: LongRun) -> None:
    decisions = long_run.count(1_000_000)
    share = _agreement(decisions, long_run.seed)
    long_run.record(agreement=share)
    told(0, f"agreement over {decisions} decisions", share, "1.0")
    assert share == 1.0


async def test_a_flag_that_comes_late_lowers_the_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def late(socket: WebSocketClient) -> bool:
        connection: Any = socket._connection
        seen.append(connection.state is State.OPEN and not connection.transport.is_closing())
        return seen[max(0, len(seen) - 4)]

    monkeypatch.setattr(WebSocketClient, "usable", property(late))
    assert _agreement(5_000, 1) < 0.99


@dataclass
class _Success:
    """Requests asked, the shares that were answered and answered freshly, and what it cost.

    `added_ms` is what a fallback adds to REST's round trip, `reaction_ms` the time from the
    evidence of a degradation to acting on it; both p99, in real ms. `limited` counts 429s.
    """

    asked: int
    answered: float
    fresh: float
    added_ms: float
    reaction_ms: float
    limited: int


def _faults(squeeze: float) -> list[tuple[str, dict[str, object]]]:
    return [
        ("close", {"code": 1006}),
        ("stall", {"seconds": 4 / squeeze}),
        ("lose", {"share": 0.3, "seconds": 3 / squeeze}),
        ("server_error", {"status": 502, "seconds": 2 / squeeze}),
        ("close", {"code": 1012}),
        ("outage", {"target": "ws", "seconds": 3 / squeeze}),
        ("malformed", {"kind": "truncated", "seconds": 2 / squeeze}),
        ("hang", {"delay_s": 1 / squeeze, "seconds": 2 / squeeze}),
    ]


async def _success(exchange_s: float, squeeze: float, *, is_faulty: bool = True) -> _Success:
    """Ask all the time, while a fault strikes every ten exchange seconds or none at all."""
    faults = _faults(squeeze)
    asked = answered = fresh = 0
    async with exchange(*fast(squeeze)) as upbit:
        markets = ["KRW-BTC", "KRW-ETH", "KRW-XRP"]
        held = [Stream("ticker", m) for m in markets] + [Stream("orderbook", m) for m in markets]
        async with scene(upbit, held, squeezed(squeeze)) as one:
            for number in range(int(exchange_s / 10)):
                if is_faulty:
                    name, arguments = faults[number % len(faults)]
                    await upbit.fault(name, **arguments)
                for turn in range(25):
                    asked += 1
                    market = markets[turn % 3]
                    ask = one.feed.ticker if turn % 2 else one.feed.orderbook
                    try:
                        answer = await ask(market)
                    except MarketDataError:
                        continue
                    answered += is_current(answer, squeeze)
                    is_live = answer.channel in (Source.WEBSOCKET, Source.REST)
                    fresh += is_live or answer.reason == "asked_just_now"
                    await passes(10 / 25 / squeeze)
            assert await until(lambda: one.feed.connection_state == "connected", 20) < NEVER
            limited = sum(group.limited for group in one.feed._client.budgets.values())
            added = one.metrics("fallbacks")["added_ms"]["p99"]
            reaction = one.metrics("degradations")["reaction_ms"]["p99"]
    return _Success(asked, answered / asked, fresh / asked, added or 0.0, reaction or 0.0, limited)


@pytest.mark.long("request_success")
@pytest.mark.timeout(0)
async def test_requests_succeed_under_a_fault_every_ten_seconds(long_run: LongRun) -> None:
    exchange_s = max(80, long_run.count(3600))
    seen = await relaxed(
        lambda squeeze: _success(exchange_s, squeeze), lambda found: found.answered >= 0.999, 10
    )
    long_run.record(**asdict(seen))
    told(0, "requests with a fault every 10 s", seen, "≥ 0.999 answered, no 429")
    assert seen.answered >= 0.999
    assert seen.limited == 0
    if long_run.full:
        assert seen.added_ms <= 2.0
        assert seen.reaction_ms <= 1000


@pytest.mark.long("request_success")
@pytest.mark.timeout(0)
async def test_requests_succeed_without_a_fault(long_run: LongRun) -> None:
    exchange_s = max(80, long_run.count(3600))
    seen = await relaxed(
        lambda squeeze: _success(exchange_s, squeeze, is_faulty=False),
        lambda found: found.answered >= 0.9999,
        25,
    )
    long_run.record(**asdict(seen))
    told(0, "requests without a fault", seen, "≥ 0.9999 answered, no 429")
    assert seen.answered >= 0.9999
    assert seen.limited == 0


async def test_without_rest_behind_the_socket_requests_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def nobody(*_: object, **__: object) -> Any:
        raise MarketDataError

    monkeypatch.setattr(MarketDataError, "cause", "planted", raising=False)
    monkeypatch.setattr(SmartRouter, "_ask_rest", nobody)
    assert (await _success(60, 10)).answered < 0.999
