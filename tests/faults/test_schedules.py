"""Random fault schedules, each from a seed of its own, judged by what the exchange says it sent.

A schedule is a handful of faults and swaps at random moments, squeezed into about a second. It is
over when every fault has ended and the backbone says that all is well; a checker then compares
what the listener was told with the exchange's own log and with the trades its market made. The
short form runs 40 schedules, the long one (`schedules`) 2,000; a seed repeats its schedule.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.builders import trade
from tests.faults.harness import (
    DELIVERING,
    NEVER,
    Exchange,
    Scene,
    exchange,
    fast,
    passes,
    scene,
    squeezed,
    told,
    until,
)
from tests.faults.history import reordered
from tests.long_runs import LongRun
from upbit_auto_trading.domain.market_value import MarketValue, stream_of
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone import backfill

SQUEEZE = 12
LANES = 3
"""Exchanges side by side; each plays its schedules one after the other."""

GRACE_MS = 3_000
"""How long before the end, in exchange time, a frame was sent that must have been told."""

TRADED = frozenset(Stream("trade", market) for market in ("KRW-BTC", "KRW-XRP"))
KINDS = tuple(
    Stream(kind, market)
    for kind in ("ticker", "orderbook", "trade")
    for market in ("KRW-ETH", "KRW-SOL", "KRW-DOGE", "KRW-ADA")
)
Arguments = Callable[[random.Random], dict[str, Any]]


def _lasting(low: float, high: float, **fixed: Any) -> Arguments:
    """Arguments of a fault that ends by itself after so many exchange seconds."""
    return lambda dice: {**fixed, "seconds": dice.uniform(low, high) / SQUEEZE}


FAULTS: tuple[tuple[str, Arguments], ...] = (
    ("close", lambda dice: {"code": dice.choice((1000, 1001, 1006, 1011, 1012))}),
    ("flap", _lasting(3, 8, every_s=0.15)),
    ("outage", _lasting(1, 6, target="ws")),
    ("black_hole", _lasting(2, 6, target="ws")),
    ("handshake_status", _lasting(1, 4, status=503)),
    ("stall", _lasting(2, 6, channel="orderbook")),
    ("stall", _lasting(2, 6, channel="ticker")),
    ("duplicate", _lasting(1, 6, copies=3)),
    ("reorder", _lasting(1, 5, window=20, hold_ms=20)),
    ("malformed", _lasting(0.5, 2, kind="truncated", every=5)),
    ("lost_request", lambda _: {"count": 1}),
    ("keep_old_set", lambda _: {"count": 1}),
    ("refuse_request", lambda _: {"name": "WRONG_FORMAT", "channel": "ticker", "count": 1}),
    ("server_error", _lasting(1, 4, status=502)),
    ("cut_body", _lasting(1, 3)),
)


@dataclass(frozen=True)
class Verdict:
    """What a schedule led to; `steps` is the schedule itself, for whoever looks into a seed."""

    seed: int
    steps: tuple[str, ...]
    settled: bool
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    stale: int = 0

    @property
    def holds(self) -> bool:
        """Whether everything was repaired and nothing lost, doubled, out of order or old."""
        return self.settled and not (self.lost or self.doubled or self.reordered or self.stale)


class _Log:
    """The exchange's log of what it sent, read on from where it was read to."""

    def __init__(self, upbit: Exchange) -> None:
        self._upbit = upbit
        self._serial = 0

    async def read(self) -> list[dict[str, Any]]:
        """Return the frames sent since the last time."""
        frames: list[dict[str, Any]] = []
        while True:
            page = await self._upbit._control("GET", f"sent?since={self._serial}")
            if not page["frames"]:
                return frames
            frames += page["frames"]
            self._serial = page["last"]


async def _play(upbit: Exchange, seed: int, log: _Log, settle_s: float = 30.0) -> Verdict:
    """Play one schedule on a backbone of its own, and judge it."""
    dice = random.Random(seed)
    await log.read()
    steps: list[str] = []
    holds: list[tuple[int, frozenset[Stream]]] = []
    async with scene(upbit, TRADED, squeezed(SQUEEZE)) as one:
        assert await until(lambda: _traded(one.values) >= 1, 30) < NEVER
        for _ in range(dice.randint(3, 6)):
            if dice.random() < 0.6:
                name, arguments = dice.choice(FAULTS)
                steps.append(name)
                await upbit.fault(name, **arguments(dice))
            else:
                steps.append("swap")
                held = TRADED | frozenset(dice.sample(KINDS, dice.randint(0, 5)))
                holds.append((len(one.values), held - one.subscription.streams))
                one.subscription.change(held)
            await passes(dice.uniform(0, 5) / SQUEEZE)
        for name in {name for name, _ in FAULTS}:
            await upbit.clear(name)
        settled = await until(lambda: _is_settled(one), settle_s) < NEVER
        verdict = Verdict(seed, tuple(steps), settled)
        return await _judged(one, verdict, log, settle_s, holds)


def _traded(values: Iterable[MarketValue]) -> int:
    return sum(
        isinstance(one, Trade) and one.origin.delivery is not Delivery.BACKFILL for one in values
    )


def _has_order(value: MarketValue, steps: tuple[str, ...]) -> bool:
    """Whether values of that kind are told in order: shuffled trades are, where they are kept."""
    return not (isinstance(value, Trade) and "reorder" in steps)


def _is_settled(one: Scene) -> bool:
    streams = one.metrics("streams")
    return (
        streams["wanted"] == streams["sent"] == len(one.subscription.streams)
        and not streams["incomplete"]
        and not streams["quarantined"]
        and one.states(one.subscription.streams) <= DELIVERING
    )


async def _judged(
    one: Scene,
    verdict: Verdict,
    log: _Log,
    settle_s: float,
    holds: Sequence[tuple[int, frozenset[Stream]]],
) -> Verdict:
    """Compare what was told with the exchange's log and with the trades of its market."""
    wanted = frozenset(one.subscription.streams)
    settled = verdict.settled
    deadline = asyncio.get_running_loop().time() + settle_s
    while await one.exchange.subscribed() != wanted:
        if asyncio.get_running_loop().time() > deadline:
            settled = False
            break
    sent = await log.read()
    first: dict[str, int] = {}
    for value in one.values:
        if isinstance(value, Trade) and value.origin.delivery is not Delivery.BACKFILL:
            first.setdefault(value.market, value.sequential_id)
    due = {
        (frame["code"], int(frame["key"]))
        for frame in sent
        if frame["type"] == "trade" and Stream("trade", frame["code"]) in TRADED
    }
    for stream in TRADED & {Stream("trade", market) for market in first}:
        made = await one.exchange.trades_since(stream.market, first[stream.market])
        due |= {(stream.market, identity) for identity in made}
    due = {(market, identity) for market, identity in due if identity >= first.get(market, 0)}
    missing = set(due)

    def all_told() -> bool:
        missing.difference_update(
            (value.market, value.sequential_id) for value in one.values if isinstance(value, Trade)
        )
        return not missing

    await until(all_told, settle_s)
    return Verdict(
        verdict.seed,
        verdict.steps,
        settled,
        lost=len(missing),
        doubled=_doubled(one.values, holds),
        reordered=reordered(value for value in one.values if _has_order(value, verdict.steps)),
        stale=_stale(one.values, sent, wanted),
    )


def _doubled(values: Sequence[MarketValue], holds: Sequence[tuple[int, frozenset[Stream]]]) -> int:
    """Count trades told more than once in one hold of their stream.

    `holds` are the streams added, each with the number of values told before. A stream that was
    let go and is held anew begins with its newest trade, told in the hold before or not.
    """
    counted: Counter[tuple[Stream, int, int]] = Counter()
    for place, value in enumerate(values):
        if isinstance(value, Trade):
            stream = stream_of(value)
            number = sum(begun <= place and stream in added for begun, added in holds)
            counted[stream, number, value.sequential_id] += 1
    return sum(times - 1 for times in counted.values())


def _stale(
    values: Sequence[MarketValue], sent: list[dict[str, Any]], wanted: frozenset[Stream]
) -> int:
    """Count streams whose newest state was sent a while ago and isn't what was told last."""
    told_last: dict[Stream, int] = {}
    for value in values:
        if not isinstance(value, Trade):
            stream = stream_of(value)
            told_last[stream] = max(told_last.get(stream, 0), getattr(value, "exchange_ms", 0))
    newest = max((frame["time_ms"] for frame in sent), default=0)
    behind = set()
    for frame in sent:
        if frame["type"] in ("ticker", "orderbook") and frame["time_ms"] < newest - GRACE_MS:
            stream = Stream(frame["type"], frame["code"])
            if stream in wanted and int(frame["key"]) > told_last.get(stream, 0):
                behind.add(stream)
    return len(behind)


async def _played(seeds: Sequence[int], settle_s: float = 30.0) -> list[Verdict]:
    """Play schedules in lanes, each lane on an exchange of its own."""

    async def lane(number: int) -> list[Verdict]:
        async with exchange(*fast(SQUEEZE)) as upbit:
            log = _Log(upbit)
            return [await _play(upbit, seed, log, settle_s) for seed in seeds[number::LANES]]

    lanes = await asyncio.gather(*map(lane, range(min(LANES, len(seeds)))))
    return [verdict for found in lanes for verdict in found]


@pytest.mark.long("schedules")
@pytest.mark.timeout(0)
async def test_after_any_schedule_of_faults_nothing_is_lost_doubled_out_of_order_or_old(
    long_run: LongRun,
) -> None:
    verdicts = await _played(long_run.seeds(2000))
    faults = Counter(step for verdict in verdicts for step in verdict.steps)
    failed = [verdict for verdict in verdicts if not verdict.holds]
    long_run.record(schedules=len(verdicts), failed=len(failed), steps=dict(faults))
    told(0, f"{len(verdicts)} schedules, those that failed", failed, "none")
    assert not failed


def test_a_trade_told_again_is_doubled_unless_its_stream_was_held_anew() -> None:
    value = trade()
    stream = frozenset({stream_of(value)})
    assert _doubled([value, value, value], []) == 2
    assert _doubled([value, value], [(0, stream)]) == 1
    assert _doubled([value, value], [(1, frozenset())]) == 1
    assert _doubled([value, value], [(1, stream)]) == 0
    assert _doubled([value, value, value], [(1, stream)]) == 1


async def test_without_repair_schedules_lose_trades(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: gaps that are only declared closed show in the same check."""

    async def pretend(*_: object) -> int:
        return 0

    monkeypatch.setattr(backfill, "fill", pretend)
    assert any(verdict.lost for verdict in await _played(range(6), settle_s=1))
