"""What every row of the fault matrix stands on: an exchange, a backbone, a path between, checks.

Rows that need minutes are *squeezed*: every duration of the backbone (one `Timings` value, both
kinds of limits) and of the exchange (`--speed`, `--limits-speed`) is divided by one factor, and
what is asserted is exchange time. Figures of a squeezed run are never told as real ones.

What a busy machine adds isn't squeezed, so it counts as many times over. A criterion in exchange
time that doesn't hold is therefore measured again at half the squeeze (`relaxed`), in slow motion
in the end: the criterion stays, and what the machine added shrinks. A product that is too slow
is too slow at every squeeze.
"""

import asyncio
import json
import math
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import aiohttp
import pytest

from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.domain.answer import Answer
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Source, Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone import (
    MarketDataBackbone,
    Policy,
    Subscription,
)
from upbit_auto_trading.infrastructure.market_data_backbone.store import Verdict
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_performance_monitor import (  # noqa: E501
    IntakeCounters,
)
from upbit_auto_trading.infrastructure.upbit.rate_limit import GroupLimits, MessageLimits
from upbit_auto_trading.infrastructure.upbit.reconnect import LossCause, ReconnectPlan
from upbit_auto_trading.infrastructure.upbit.timings import Timings
from upbit_auto_trading.infrastructure.upbit.websocket_client import WebSocketClient

T = TypeVar("T")
NEVER = math.inf
_ATTEMPTS = 4
_LOOK_AGAIN_S = 0.005
DELIVERING = frozenset({StreamState.LIVE, StreamState.QUIET})


def fast_clock(factor: float, ahead_s: Callable[[], float] = lambda: 0.0) -> Clock:
    """Return a clock whose wall runs with an exchange of `--speed factor`, or ahead of it."""
    wall, monotonic = time.time(), time.perf_counter()

    def now() -> float:
        return wall + factor * (time.perf_counter() - monotonic) + ahead_s()

    return Clock(time.perf_counter, now, factor)


def squeezed(factor: float, **changes: Any) -> Policy:
    """Return a policy whose every duration is `factor` times shorter; `changes` are timings.

    The margins against the network's jitter stay what they are: jitter can't be squeezed.
    """
    scaled = Timings().scaled(1 / factor)
    # What a busy machine takes for a turn can't be squeezed either.
    least = {
        "connect_timeout": 2.0,
        "pong_timeout": 0.5,
        "rest_connect_timeout": 1.0,
        "rest_read_timeout": 1.0,
        "rest_deadline": 1.25,
        "first_frame_timeout": 0.1,
    }
    kept = {name: max(value, getattr(scaled, name)) for name, value in least.items()}
    timings = replace(scaled, **(kept | changes))
    messages, groups = MessageLimits(), GroupLimits()
    return Policy(
        timings=timings,
        message_limits=replace(
            messages,
            second_s=messages.second_s / factor,
            minute_s=messages.minute_s / factor,
            spacing_s=messages.spacing_s / factor,
            busy_spacing_s=messages.busy_spacing_s / factor,
        ),
        group_limits=replace(
            groups,
            second_s=groups.second_s / factor,
            stop_s=groups.stop_s / factor,
            slow_s=groups.slow_s / factor,
            others_s=groups.others_s / factor,
        ),
        clock=fast_clock(max(1.0, factor)),
        predict=False,
    )


USUAL = Policy(predict=False)
"""Real time; what the user opens next is not part of any row."""


def beside(factor: float, policy: Policy = USUAL) -> Policy:
    """Return `policy` for an exchange whose market, and nothing else, runs faster."""
    return replace(policy, clock=fast_clock(factor))


def waits(patch: pytest.MonkeyPatch, seconds: float) -> None:
    """Make every connection attempt after the first wait, whatever was lost."""

    def delay(_: ReconnectPlan, cause: LossCause | None, now: float, blocked_s: float = 0) -> float:
        return 0.0 if cause is None else seconds

    patch.setattr(ReconnectPlan, "delay", delay)


class Messages:
    """Counts what is written to sockets, past everything that counts for itself."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.moments: list[float] = []
        self.texts: list[str] = []
        send = WebSocketClient.send

        async def counted(client: WebSocketClient, text: str) -> None:
            self.moments.append(time.perf_counter())
            self.texts.append(text)
            await send(client, text)

        patch.setattr(WebSocketClient, "send", counted)

    def most_in(self, seconds: float) -> int:
        """Return the most messages within any span of so many seconds."""
        return max(
            (sum(1 for a in self.moments if b <= a < b + seconds) for b in self.moments),
            default=0,
        )


def takes_everything(stream: Any, value: Any) -> Verdict:
    """Stand in for a store's `accept` that neither orders nor tells repetitions."""
    stream.value = value
    return Verdict.NEW


def told(row: int, what: str, measured: object, criterion: str) -> None:
    """Print what a row measured beside what it has to be."""
    shown = f"{measured:.3f}" if isinstance(measured, float) else str(measured)
    sys.stdout.write(f"row {row:02d} {what}: {shown} ({criterion})\n")


def fast(squeeze: float) -> tuple[str, ...]:
    """Return the options of an exchange whose market and limits run `squeeze` times as fast."""
    return ("--speed", str(squeeze), *limits(squeeze))


def limits(squeeze: float) -> tuple[str, ...]:
    """Return the option of an exchange whose limits alone run `squeeze` times as fast."""
    return ("--limits-speed", str(squeeze))


def _real_at_least(options: tuple[str, ...]) -> list[str]:
    """In slow motion our own durations are stretched; the exchange stays as fast as Upbit."""
    speeds = {"--speed", "--limits-speed"}
    return [
        str(max(1.0, float(value))) if before in speeds else value
        for before, value in zip(("", *options), options, strict=False)
    ]


async def relaxed(
    measure: Callable[[float], Awaitable[T]], holds: Callable[[T], bool], squeeze: float
) -> T:
    """Measure at `squeeze`, then at half of it and so on until the criterion holds."""
    found = await measure(squeeze)
    for _ in range(_ATTEMPTS - 1):
        if holds(found):
            break
        squeeze /= 2
        sys.stdout.write(f"{found} doesn't hold; measured again at a squeeze of {squeeze}\n")
        found = await measure(squeeze)
    return found


async def until(holds: Callable[[], object], within: float) -> float:
    """Wait until `holds` is true; return the seconds it took, or infinity when it never was."""
    started = time.perf_counter()
    while not holds():
        if time.perf_counter() - started > within:
            return NEVER
        await asyncio.sleep(_LOOK_AGAIN_S)
    return time.perf_counter() - started


async def passes(seconds: float, meanwhile: Callable[[], object] | None = None) -> None:
    """Let real time pass for a row that proves that nothing happens in it."""
    await until(lambda: meanwhile() and False if meanwhile is not None else False, seconds)


def is_current(answer: Answer[Any], factor: float) -> bool:
    """Whether an answer is Upbit's present state, or stands in for it for at most 10 s."""
    is_live = answer.channel in (Source.WEBSOCKET, Source.REST)
    return is_live or answer.age_ms * factor <= 10_000


class Exchange:
    """The simulated exchange in its own process, with its control door."""

    def __init__(self, process: SimulatorProcess, http: aiohttp.ClientSession) -> None:
        self.rest_url = process.rest_url
        self.ws_url = process.ws_url
        self._http = http

    async def fault(self, name: str, /, **arguments: object) -> None:
        """Put a fault in force."""
        await self._control("POST", "fault", {"name": name, "args": arguments})

    async def clear(self, name: str) -> None:
        """End a fault."""
        await self._control("DELETE", f"fault/{name}")

    async def scenario(self, name: str) -> None:
        """Put every market on a scenario."""
        await self._control("POST", "scenario", {"name": name})

    async def connections(self) -> list[dict[str, Any]]:
        """Return the open sockets and what each is subscribed to."""
        found: list[dict[str, Any]] = await self._control("GET", "subscriptions")
        return found

    async def carrying(self) -> list[int]:
        """Return the numbers of the sockets that have a subscription."""
        return [one["connection"] for one in await self.connections() if one["subscriptions"]]

    async def subscribed(self) -> set[Stream]:
        """Return what all sockets together are subscribed to, as the exchange sees it."""
        return {
            Stream(part["type"], code.partition(".")[0], part.get("level", 0.0))
            for one in await self.connections()
            for part in one["subscriptions"]
            for code in part["codes"]
        }

    async def sent(self, connection: int | None = None) -> list[dict[str, Any]]:
        """Return every frame sent so far, read in pages."""
        frames: list[dict[str, Any]] = []
        since = 0
        query = "" if connection is None else f"&connection={connection}"
        while True:
            page = await self._control("GET", f"sent?since={since}{query}")
            if not page["frames"]:
                return frames
            frames += page["frames"]
            since = page["last"]

    async def rest(self, path: str) -> Any:
        """Ask the exchange's REST side past the backbone, again where the limit is spent."""
        while True:
            async with self._http.get(f"{self.rest_url}/v1/{path}") as answer:
                if answer.status == 200:
                    return await answer.json(content_type=None)
                assert answer.status == 429, await answer.text()
            await asyncio.sleep(0.1)

    async def trades_since(self, market: str, first_id: int) -> set[int]:
        """Return the ids of all trades of today from `first_id` on: the truth of the generator."""
        ids: set[int] = set()
        for days_ago in ("", "&days_ago=1"):
            cursor = ""
            while True:
                path = f"trades/ticks?market={market}&count=500{days_ago}{cursor}"
                page = await self.rest(path)
                ids |= {row["sequential_id"] for row in page}
                if page and page[-1]["sequential_id"] <= first_id:
                    return {one for one in ids if one >= first_id}
                if len(page) < 500:
                    break  # the day's first trade; the rest lies in the day before
                cursor = f"&cursor={page[-1]['sequential_id']}"
        return {one for one in ids if one >= first_id}

    async def _control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.rest_url}/simulator/{path}"
        async with self._http.request(method, url, json=body) as answer:
            text = await answer.text()
            assert answer.status == 200, text
            return json.loads(text)


@asynccontextmanager
async def exchange(*options: str, is_trusted: bool = True) -> AsyncIterator[Exchange]:
    """Run a simulated exchange in a process of its own; `is_trusted` is this door's TLS check."""
    with SimulatorProcess("--seed", "1", *_real_at_least(options)) as process:
        connector = aiohttp.TCPConnector(ssl=is_trusted)
        async with aiohttp.ClientSession(connector=connector) as http:
            yield Exchange(process, http)


@dataclass
class Scene:
    """A backbone that holds some streams, and everything its listener was told."""

    exchange: Exchange
    feed: MarketDataBackbone
    subscription: Subscription
    values: list[MarketValue] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)

    def take(self, value: MarketValue) -> None:
        self.values.append(value)
        self.arrivals.append(time.perf_counter())

    def metrics(self, part: str) -> dict[str, Any]:
        """Return one part of the performance metrics."""
        found: dict[str, Any] = self.feed.get_performance_metrics()[part]
        return found

    @property
    def timeline(self) -> list[dict[str, Any]]:
        """What happened, in order."""
        monitor = self.feed._feed.monitor
        return [{"at": one.at, "what": one.what, **one.facts} for one in monitor.timeline]

    def happened(self, what: str) -> bool:
        """Whether something of that code is on the timeline."""
        return any(entry["what"] == what for entry in self.timeline)

    @property
    def reconnects(self) -> int:
        """How often a connection was replaced by another."""
        return self.feed._feed.monitor.reconnects

    @property
    def intake(self) -> IntakeCounters:
        """Frames, by what became of them; cheaper to look at often than the metrics."""
        return self.feed._feed.monitor.intake

    @property
    def requests(self) -> int:
        """How many subscription frames were sent."""
        return self.feed._feed.manager.counters.requests

    def states(self, streams: Iterable[Stream]) -> set[StreamState]:
        """Return the states streams are in."""
        return {self.feed.stream_health(stream).state for stream in streams}

    async def next_data(self, within: float) -> float:
        """Return the seconds until the listener is told something more."""
        count = len(self.values)
        return await until(lambda: len(self.values) > count, within)

    async def standing_by(self) -> None:
        """Wait until the second socket is there too."""
        sockets = self.feed._feed.sockets
        took = await until(lambda: sockets.standby.state is ConnectionState.CONNECTED, 20)
        assert took < NEVER, self.timeline


@asynccontextmanager
async def scene(
    exchange: Exchange,
    streams: Iterable[Stream],
    policy: Policy = USUAL,
    *,
    ws_url: str | None = None,
    rest_url: str | None = None,
    starts: bool = True,
    **options: Any,
) -> AsyncIterator[Scene]:
    """Run a backbone that holds `streams`; with `starts`, wait until all of them deliver."""
    async with MarketDataBackbone(
        rest_url or exchange.rest_url, ws_url or exchange.ws_url, policy=policy, **options
    ) as feed:
        told_values: list[Scene] = []
        subscription = feed.subscribe(
            (),
            lambda value: told_values[0].take(value),  # noqa: PLW0108 - the scene comes after
            holder="chart",
        )
        one = Scene(exchange, feed, subscription)
        told_values.append(one)
        wanted = frozenset(streams)
        subscription.change(wanted)
        if starts:
            # Squeezed time-outs are shorter than a cold exchange takes for its first snapshots.
            flows = await until(lambda: one.states(wanted) <= DELIVERING, 80)
            assert flows < NEVER, one.timeline[-3:]
        yield one
