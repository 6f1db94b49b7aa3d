"""What every row of the fault matrix stands on: an exchange, a backbone, a path between, checks.

Rows that need minutes are *squeezed*: every duration of the backbone (one `Timings` value, both
kinds of limits) and of the exchange (`--speed`, `--limits-speed`) is divided by one factor, and
what is asserted is exchange time. Figures of a squeezed run are never told as real ones.
"""

import asyncio
import json
import math
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.domain.answer import Answer
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.market_value import MarketValue, stream_of
from upbit_auto_trading.domain.stream import Delivery, Source, Stream
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone import (
    MarketDataBackbone,
    Policy,
    Subscription,
)
from upbit_auto_trading.infrastructure.upbit.rate_limit import GroupLimits, MessageLimits
from upbit_auto_trading.infrastructure.upbit.timings import Timings

NEVER = math.inf
_LOOK_AGAIN_S = 0.005


def fast_clock(factor: float) -> Clock:
    """Return a clock whose wall runs with an exchange of `--speed factor`."""
    wall, monotonic = time.time(), time.perf_counter()
    return Clock(
        time.perf_counter, lambda: wall + factor * (time.perf_counter() - monotonic), factor
    )


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
        clock=fast_clock(factor),
        predict=False,
    )


USUAL = Policy(predict=False)
"""Real time; what the user opens next is not part of any row."""


def beside(factor: float, policy: Policy = USUAL) -> Policy:
    """Return `policy` for an exchange whose market, and nothing else, runs faster."""
    return replace(policy, clock=fast_clock(factor))


def told(row: int, what: str, measured: object, criterion: str) -> None:
    """Print what a row measured beside what it has to be."""
    shown = f"{measured:.3f}" if isinstance(measured, float) else str(measured)
    sys.stdout.write(f"row {row:02d} {what}: {shown} ({criterion})\n")


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
    with SimulatorProcess("--seed", "1", *options) as process:
        connector = aiohttp.TCPConnector(ssl=is_trusted)
        async with aiohttp.ClientSession(connector=connector) as http:
            yield Exchange(process, http)


class Relay:
    """A loopback relay before the exchange: counts connects, resets them, swallows what passes."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._links: set[asyncio.StreamWriter] = set()
        self.connects: list[float] = []
        self.resets = 0
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        self.cut()
        await self._server.wait_closed()

    def swallow(self) -> None:
        """Let nothing pass any more, either way, and close nothing."""
        self._open.clear()

    def pass_on(self) -> None:
        """Let what comes from now on pass; connections that were swallowed are gone."""
        self.cut()
        self._open.set()

    def cut(self) -> None:
        """End every connection at once."""
        for writer in tuple(self._links):
            writer.transport.abort()
        self._links.clear()

    def most_in(self, seconds: float) -> int:
        """Return the most connects within any span of so many seconds."""
        moments = self.connects
        return max(
            (sum(1 for at in moments if begin <= at < begin + seconds) for begin in moments),
            default=0,
        )

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connects.append(time.perf_counter())
        if self.resets:
            self.resets -= 1
            writer.transport.abort()
            return
        self._links.add(writer)
        await self._open.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self._links.add(far_writer)
        for source, target in ((reader, far_writer), (far_reader, writer)):
            pump = asyncio.ensure_future(self._pump(source, target))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                if not self._open.is_set():
                    await self._open.wait()
                    return
                target.write(data)
        except OSError:
            pass
        finally:
            target.close()


def _port_of(url: str) -> int:
    return int(url.split(":")[2].split("/", maxsplit=1)[0])


@asynccontextmanager
async def relay_to(url: str) -> AsyncIterator[Relay]:
    """Run a relay before the server of `url`."""
    relay = Relay(_port_of(url))
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()


class Relayed:
    """The exchange's addresses by way of a relay."""

    def __init__(self, relay: Relay, host: str = "127.0.0.1", *, tls: bool = False) -> None:
        secure = "s" if tls else ""
        self.ws_url = f"ws{secure}://{host}:{relay.port}/websocket/v1"
        self.rest_url = f"http{secure}://{host}:{relay.port}"


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
        found: list[dict[str, Any]] = self.metrics("degradations")["timeline"]
        return found

    def happened(self, what: str) -> bool:
        """Whether something of that code is on the timeline."""
        return any(entry["what"] == what for entry in self.timeline)

    @property
    def reconnects(self) -> int:
        """How often a connection was replaced by another."""
        return int(self.metrics("streams")["reconnects"])

    async def next_data(self, within: float) -> float:
        """Return the seconds until the listener is told something more."""
        count = len(self.values)
        return await until(lambda: len(self.values) > count, within)

    async def standing_by(self) -> None:
        """Wait until the second socket is there too."""
        took = await until(lambda: self.metrics("streams")["standby"] == "connected", 5)
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
            states = (StreamState.LIVE, StreamState.QUIET)
            flows = await until(
                lambda: all(feed.stream_health(s).state in states for s in wanted), 40
            )
            assert flows < NEVER, one.timeline[-3:]
        yield one


@dataclass(frozen=True)
class History:
    """What a checker found: all zero and empty is criterion C."""

    lost: int
    doubled: int
    reordered: int
    refused: int
    missing: frozenset[Stream]
    surplus: frozenset[Stream]

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, doubled, reordered, refused or subscribed amiss."""
        return self == History(0, 0, 0, 0, frozenset(), frozenset())


async def history_of(one: Scene, *, settle_s: float = 0.5) -> History:
    """Compare what the listener was told with what the exchange generated and sent.

    Trades are compared with the generator's, from the first one told to the newest one that
    was old enough to have arrived, and with the log of frames sent.
    """
    wanted = frozenset(one.subscription.streams)
    subscribed = await one.exchange.subscribed()
    deadline = time.perf_counter() + 1.0
    while subscribed != wanted and time.perf_counter() < deadline:
        subscribed = await one.exchange.subscribed()
    trades: dict[str, list[Trade]] = {}
    for value in one.values:
        if isinstance(value, Trade):
            trades.setdefault(value.market, []).append(value)
    lost = doubled = 0
    for market, seen in trades.items():
        counted = Counter(trade.sequential_id for trade in seen)
        doubled += sum(count - 1 for count in counted.values())
        first = next(t for t in seen if t.origin.delivery is not Delivery.BACKFILL)
        truth = await one.exchange.trades_since(market, first.sequential_id)
        await _told_all(one, truth, settle_s)
        lost += len(truth - _ids(one.values))
    refused = sum(group["limited"] for group in one.metrics("budgets")["rest"].values())
    refused += one.metrics("streams")["server_errors"].get("TOO_MANY_REQUEST", 0)
    return History(
        lost + await _sent_but_untold(one),
        doubled,
        reordered(one.values),
        refused,
        wanted - subscribed,
        frozenset(subscribed) - wanted,
    )


async def _told_all(one: Scene, ids: set[int], within: float) -> None:
    await until(lambda: not ids - _ids(one.values), within)


def _ids(values: Iterable[MarketValue]) -> set[int]:
    return {value.sequential_id for value in values if isinstance(value, Trade)}


async def _sent_but_untold(one: Scene) -> int:
    """Count trades that went to a socket of ours and never reached the listener."""
    wanted = one.subscription.streams
    since = min((t.sequential_id for t in one.values if isinstance(t, Trade)), default=0)
    keys = {
        int(frame["key"])
        for frame in await one.exchange.sent()
        if frame["type"] == "trade" and Stream("trade", frame["code"]) in wanted
    }
    keys = {key for key in keys if key >= since}
    await _told_all(one, keys, 0.5)
    return len(keys - _ids(one.values))


def reordered(values: Iterable[MarketValue]) -> int:
    """Count live values that are older than the one told before of the same stream."""
    newest: dict[Stream, tuple[int, int]] = {}
    count = 0
    for value in values:
        if value.origin.delivery is Delivery.BACKFILL:
            continue
        match value:
            case Trade():
                key = (value.trade_ms, value.sequential_id)
            case Candle():
                key = (value.start_ms, 0)
            case _:
                key = (value.exchange_ms, 0)
        stream = stream_of(value)
        count += key < newest.get(stream, key)
        newest[stream] = max(key, newest.get(stream, key))
    return count
