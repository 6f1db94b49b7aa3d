"""Rows 52, 54, 59 and 60 of the fault matrix: what the desk's own doings do to the feed."""

import asyncio
import random
import threading
import time
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.harness import (
    DELIVERING,
    NEVER,
    Exchange,
    Messages,
    exchange,
    fast,
    passes,
    relaxed,
    scene,
    squeezed,
    told,
    until,
)
from tests.faults.history import history_of
from tests.long_runs import LongRun
from tests.paper_strategies import always, rule
from upbit_auto_trading.application import strategy_runner
from upbit_auto_trading.application.paper_trading import Desk, paper_run
from upbit_auto_trading.application.run_journal import Told
from upbit_auto_trading.domain.expression import Bar, variable
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.recording import Terms
from upbit_auto_trading.domain.risk import RiskLimits
from upbit_auto_trading.domain.rule import BuyAmount, Role, Sell
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.infrastructure.market_data_backbone import (
    MarketDataBackbone,
    Policy,
    prediction,
    subscription_predictor,
)
from upbit_auto_trading.infrastructure.market_data_backbone.feed_supervisor import FeedSupervisor
from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_predictor import (
    SubscriptionPredictor,
)
from upbit_auto_trading.infrastructure.paper_broker import PaperBroker
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger

Patch = pytest.MonkeyPatch
BTC = "KRW-BTC"
STREAMS = tuple(Stream(kind, BTC) for kind in ("ticker", "trade", "orderbook"))


# 52: a blocked loop

BLOCKED_S = 5.0


@dataclass
class _Blocked:
    """What a loop that stood still led to; seconds are the exchange's."""

    noticed_s: float
    back_s: float
    reconnects: int
    messages: int
    lost: int


async def _blocked(squeeze: float, monkeypatch: Patch) -> _Blocked:
    with monkeypatch.context() as patch:
        messages = Messages(patch)
        policy = squeezed(squeeze)
        async with exchange(*fast(squeeze)) as upbit, scene(upbit, STREAMS, policy) as one:
            await one.standing_by()
            await one.next_data(20)
            before, sent = one.reconnects, len(messages.texts)
            threading.Event().wait(BLOCKED_S / squeeze)  # on the loop's own thread
            began = time.perf_counter()
            back = await until(lambda: one.arrivals and one.arrivals[-1] > began, 20)

            def noticed() -> float:
                return float(one.metrics("loop")["lag_ms"]["max"] or 0) / 1000 * squeeze

            await until(lambda: noticed() >= 0.9 * BLOCKED_S, 5)
            storm = len(messages.texts) - sent
            history = await history_of(one)
            return _Blocked(noticed(), back * squeeze, one.reconnects - before, storm, history.lost)


async def test_row_52_a_loop_blocked_for_five_seconds(monkeypatch: Patch) -> None:
    seen = await relaxed(lambda s: _blocked(s, monkeypatch), lambda one: one.back_s <= 2.0, 4)
    told(52, "loop blocked for 5 s", seen, "noticed; back ≤ 2 s; no storm of requests")
    assert seen.noticed_s >= 0.9 * BLOCKED_S
    assert seen.back_s <= 2.0
    assert seen.messages <= 5
    assert seen.lost == 0


async def test_row_52_without_its_defence_fails(monkeypatch: Patch) -> None:
    async def sleeps(_: FeedSupervisor) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(FeedSupervisor, "_watch", sleeps)
    assert (await _blocked(4, monkeypatch)).noticed_s < 0.9 * BLOCKED_S


# 54: an end in every state of the connection

QUIT_STATES = ("at once", "connecting", "unreachable", "connected", "swapping", "lost", "asking")


async def _ended(upbit: Exchange, state: str, folder: Path) -> float:
    """End a backbone in that state; return the seconds its end took."""
    began = 0.0
    rest_url, ws_url = upbit.rest_url, upbit.ws_url
    if state == "unreachable":
        rest_url, ws_url = "http://127.0.0.1:9", "ws://127.0.0.1:9/websocket/v1"
    asked: list[asyncio.Task[Any]] = []
    async with MarketDataBackbone(
        rest_url, ws_url, policy=Policy(predict=False), data_dir=folder
    ) as feed:
        held = feed.subscribe(STREAMS, lambda _: None, holder="chart")
        if state in ("connected", "swapping", "lost"):
            connected = await until(lambda: feed.connection_state is ConnectionState.CONNECTED, 20)
            assert connected < NEVER
        if state == "swapping":
            held.change(frozenset({Stream("ticker", "KRW-ETH"), Stream("candle.1m", BTC)}))
        elif state == "lost":
            await upbit.fault("outage", target="ws", seconds=1)
            await until(lambda: feed.connection_state is not ConnectionState.CONNECTED, 10)
        elif state == "asking":
            await upbit.fault("hang", delay_s=60, seconds=2)
            asked.append(asyncio.ensure_future(feed.candles(BTC, "1m", 200)))
            await passes(0.1)
        elif state in ("connecting", "unreachable"):
            await passes(0.02)
        began = time.perf_counter()
    took = time.perf_counter() - began
    for result in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(result, MarketDataError | asyncio.CancelledError), result
    await upbit.clear("hang")
    await upbit.clear("outage")
    assert _left_open(folder) == []
    return took


def _left_open(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*-wal")]


@pytest.mark.long("quits")
@pytest.mark.timeout(0)
async def test_row_54_an_end_in_every_state_of_the_connection(
    tmp_path: Path, long_run: LongRun
) -> None:
    took: dict[str, float] = {}
    rounds = max(1, long_run.count(200) // len(QUIT_STATES))
    # So many starts in a row are more connects than one address may have.
    async with exchange("--limits-speed", "20") as upbit:
        for _ in range(rounds):
            for state in QUIT_STATES:
                took[state] = max(took.get(state, 0), await _ended(upbit, state, tmp_path))
    long_run.record(rounds=rounds, slowest_s=round(max(took.values()), 3))
    told(54, "slowest end by state (s)", {k: round(v, 2) for k, v in took.items()}, "≤ 5")
    assert max(took.values()) <= 5.0


# 59: guesses that are always wrong

MINUTE_S = 60.0


@dataclass
class _Guesses:
    off_after_s: float = NEVER
    guesses: int = 0
    least_left: int = 10**6


def _always_wrong(seed: int, opens: int = 60) -> _Guesses:
    """Open what isn't guessed, every twenty seconds."""
    dice, predictor, found = random.Random(seed), SubscriptionPredictor(), _Guesses()
    markets = [f"KRW-A{n:03d}" for n in range(60)]
    now = 0.0
    for _ in range(opens):
        guessed = predictor.guesses(now)
        choices = [market for market in markets if market not in guessed]
        predictor.opened(dice.choice(choices), now)
        now += 20.0
        if predictor.is_off and found.off_after_s == NEVER:
            found.off_after_s = now
    return found


def test_row_59_guesses_that_are_always_wrong_end_themselves() -> None:
    found = [_always_wrong(seed) for seed in range(20)]
    slowest = max(one.off_after_s for one in found) / MINUTE_S
    told(59, "guessing is off after (min)", slowest, "≤ 10")
    assert slowest <= 10


def test_row_59_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(subscription_predictor, "_WORTH_IT", -1.0)
    assert _always_wrong(1).off_after_s == NEVER


async def _guessed(monkeypatch: Patch) -> _Guesses:
    """Change the chart's market until the minute is nearly spent; guessing never stops itself."""
    squeeze, found, dice = 20, _Guesses(), random.Random(59)
    usual = squeezed(squeeze, guess_delay=0.001)
    # A minute of messages stays a minute: it has to be spent however slow the machine is.
    limits = replace(usual.message_limits, minute_s=60.0)
    policy = replace(usual, predict=True, message_limits=limits)
    hold = LiveFeed.hold

    def noted(feed: LiveFeed, holder: str, *arguments: Any) -> Any:
        if holder == prediction.HOLDER:
            found.guesses += 1
            found.least_left = min(found.least_left, feed.manager.messages_left(feed.now()))
        return hold(feed, holder, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(LiveFeed, "hold", noted)
        patch.setattr(subscription_predictor, "_WORTH_IT", -1.0)
        async with exchange(*fast(squeeze)) as upbit, scene(upbit, STREAMS, policy) as one:
            markets = [info.market for info in (await one.feed.markets()).values][:30]
            wanted: frozenset[Stream] = frozenset()
            for _ in range(150):
                if one.feed._feed.manager.messages_left(one.feed._feed.now()) < 30:
                    break
                market = dice.choice(markets)
                wanted = frozenset(Stream(kind, market) for kind in ("ticker", "trade"))
                one.subscription.change(wanted)
                sent = one.requests
                await until(lambda: one.requests > sent, 1)  # noqa: B023
                await passes(0.02)
            delivering = await until(lambda: one.states(wanted) <= DELIVERING, 20)
            assert delivering < NEVER
    return found


async def test_row_59_guesses_leave_the_user_forty_messages_a_minute(monkeypatch: Patch) -> None:
    seen = await _guessed(monkeypatch)
    told(59, "guesses, least messages left at one", (seen.guesses, seen.least_left), "≥ 40 left")
    assert seen.guesses > 0
    assert seen.least_left >= 40


async def test_row_59_without_its_reserve_guesses_take_the_users_messages(
    monkeypatch: Patch,
) -> None:
    monkeypatch.setattr(prediction, "_MESSAGES_KEPT", 0)
    assert (await _guessed(monkeypatch)).least_left < 40


# 60: maintenance

MAINTENANCE_S = 30.0
TERMS = Terms(Decimal(10_000_000), Decimal("0.0005"), Decimal(5000))
_TURNING = Strategy(
    "turning",
    Words("회전", "Turning"),
    (
        rule("leave", 1, Role.EXIT, always(variable("quantity")), Sell()),
        rule(
            "enter",
            2,
            Role.ENTRY,
            always(variable("price", "1m", bar=Bar.FORMING)),
            BuyAmount(Decimal(100_000)),
        ),
    ),
)


@dataclass
class _Maintenance:
    """Seconds are the exchange's; `orders` are those decided while rules had to be frozen."""

    frozen_s: float
    orders: int
    refused: int
    resumed_s: float
    lost: int


async def _maintained(squeeze: float, folder: Path) -> _Maintenance:
    said: list[Told] = []

    def of(event: str, **wanted: Any) -> list[Told]:
        return [t for t in said if t["event"] == event and wanted.items() <= t.items()]

    def qualities() -> list[str]:
        return [t["quality"] for t in of("data")]

    policy = squeezed(squeeze)
    async with (
        exchange(*fast(squeeze)) as upbit,
        scene(upbit, STREAMS, policy) as one,
        TradingLedger(folder) as ledger,
    ):
        limits = RiskLimits(orders_a_minute=1_000_000)
        wall = policy.clock.wall
        desk = Desk(one.feed, ledger, PaperBroker(), OwnIndicators(), wall, limits)
        async with paper_run(desk, _TURNING, BTC, TERMS, said.append):
            assert await until(lambda: qualities()[-1:] == ["live"], 30) < NEVER
            assert await until(lambda: of("fill"), 30) < NEVER
            began = time.perf_counter()
            await upbit.fault("maintenance", seconds=MAINTENANCE_S / squeeze)
            frozen = await until(lambda: qualities()[-1] != "live", 25 / squeeze)
            orders = len(of("order", state="intended"))
            await passes(began + MAINTENANCE_S / squeeze - time.perf_counter())
            while_frozen = len(of("order", state="intended")) - orders
            resumed = await until(lambda: qualities()[-1] == "live", 60 / squeeze)
            history = await history_of(one)
    return _Maintenance(
        frozen * squeeze, while_frozen, history.refused, resumed * squeeze, history.lost
    )


async def test_row_60_maintenance_freezes_rules_and_they_resume_by_themselves(
    tmp_path: Path,
) -> None:
    rounds = iter(range(100))

    async def measure(squeeze: float) -> _Maintenance:
        folder = tmp_path / str(next(rounds))
        folder.mkdir()
        return await _maintained(squeeze, folder)

    seen = await relaxed(measure, lambda one: one.frozen_s <= 10 and one.resumed_s < NEVER, 10)
    told(
        60, "maintenance of 30 s", seen, "frozen ≤ 10 s after the halt; no order until data is live"
    )
    assert seen.frozen_s <= 10
    assert seen.orders == 0
    assert seen.resumed_s < NEVER
    assert seen.refused == 0
    assert seen.lost == 0


async def test_row_60_without_its_defence_fails(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(strategy_runner, "quality_of", lambda *_: Quality.LIVE)
    assert (await _maintained(10, tmp_path)).frozen_s == NEVER
