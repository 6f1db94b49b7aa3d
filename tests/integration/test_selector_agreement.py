"""Whether the chosen channel can deliver, judged by the transport itself and not by a flag."""

import random

import pytest
from websockets.protocol import State

from tests.long_runs import LongRun
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.channel_selector import Way
from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
from upbit_auto_trading.infrastructure.market_data_backbone.market_listing import MarketListing
from upbit_auto_trading.infrastructure.market_data_backbone.smart_router import SmartRouter
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_performance_monitor import (  # noqa: E501
    SubscriptionPerformanceMonitor,
)
from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient
from upbit_auto_trading.infrastructure.upbit.websocket_client import WebSocketClient

BTC = Stream("ticker", "KRW-BTC")


class Wire:
    """A transport that opens and breaks; `delivers` is the truth nobody below may ask."""

    def __init__(self) -> None:
        self.delivers = False

    def is_closing(self) -> bool:
        return not self.delivers


class Connection:
    """What the client keeps of an open connection."""

    def __init__(self, wire: Wire) -> None:
        self.transport = wire
        self.state = State.OPEN


class LateClient(WebSocketClient):
    """A client that keeps a flag instead of asking its socket: the defect to be found."""

    late = False
    flag = False

    @property
    def usable(self) -> bool:
        return self.flag if self.late else super().usable


async def agreement(
    decisions: int, seed: int, *, late: bool, monkeypatch: pytest.MonkeyPatch
) -> float:
    """Return the share of decisions that agree with what the wire can do at that instant."""
    monkeypatch.setattr(
        "upbit_auto_trading.infrastructure.market_data_backbone.socket_pair.WebSocketClient",
        LateClient,
    )
    source = random.Random(seed)
    policy = Policy(standby=False)
    client = UpbitRestClient("http://127.0.0.1:9")
    feed = LiveFeed(
        "ws://127.0.0.1:9", client, MarketListing(), SubscriptionPerformanceMonitor(), policy
    )
    router = SmartRouter(feed, client, policy)
    feed.hold("chart", frozenset({BTC}), 0)
    feed.manager.mark_sent(frozenset({BTC}), feed.now())
    feed.manager.first_frame(BTC)
    wire = Wire()
    socket = feed.socket
    assert isinstance(socket, LateClient)
    socket.late = late
    socket._connection = Connection(wire)  # type: ignore[assignment]
    agreed = 0
    for _ in range(decisions):
        if source.random() < 0.3:
            wire.delivers = source.random() < 0.5
        decision = router.decide(BTC)
        agreed += (decision.way is Way.LIVE) == wire.delivers
        socket.flag = wire.delivers  # a moment too late
    socket._connection = None
    await router.close()
    await feed.close()
    await client.close()
    return agreed / decisions


@pytest.mark.long("selector_agreement")
async def test_the_selector_agrees_with_the_wire_in_every_decision(
    long_run: LongRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    decisions = long_run.count(1_000_000)

    share = await agreement(decisions, long_run.seed, late=False, monkeypatch=monkeypatch)

    long_run.record(agreement=share)
    assert share == 1.0


async def test_a_flag_that_comes_late_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await agreement(5000, 1, late=True, monkeypatch=monkeypatch) < 0.95
