"""Intake: messages a second through the whole backbone, beside a bare client on the same server.

    python -m benchmarks.throughput [--json] [--count N] [--rounds N] [--ws-url U --rest-url U]

The bare client is `websockets` with `msgspec` typed decode and nothing else; the peer is
pyupbit, in processes of its own. Runs alternate and the median of each is reported. The server
replays frames from its own process. A reader that looks at nothing but frame lengths tells its
rate: a server that doesn't outrun the bare client by a fifth would measure itself, so such a
run is void (exit 1).
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import requests
from websockets.asyncio.client import connect

from benchmarks.peers import peers_python
from benchmarks.raw_reader import frames_per_s
from benchmarks.result import Result, show, versions_of
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.upbit.subscribe_message import subscription_text
from upbit_auto_trading.infrastructure.upbit.wire import WireOrderbook, WireTicker, WireTrade

CHANNELS = ("ticker", "trade", "orderbook")
_MARKETS = 100
_LEAD = 1.2
_PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect, and what to hold there."""

    rest_url: str
    ws_url: str
    streams: frozenset[Stream]

    @property
    def request(self) -> str:
        """The frame that subscribes to all of it."""
        return subscription_text(self.streams, "throughput")

    @classmethod
    def at(cls, rest_url: str, ws_url: str) -> "Server":
        """Ask the server for its markets; the first hundred are held, in three kinds."""
        rows = requests.get(f"{rest_url}/v1/market/all", timeout=10).json()
        markets = [row["market"] for row in rows][:_MARKETS]
        held = frozenset(Stream(channel, market) for channel in CHANNELS for market in markets)
        return cls(rest_url, ws_url, held)


@dataclass(frozen=True, slots=True)
class Run:
    """One pass: messages a second, and processor microseconds a message."""

    per_s: float
    cpu_us: float

    @classmethod
    def of(cls, count: int, seconds: float, cpu_s: float) -> "Run":
        """Divide by the number of messages."""
        return cls(count / seconds, cpu_s / count * 1e6)


async def bare(server: Server, count: int) -> Run:
    """`websockets` and typed `msgspec` decode, nothing more."""
    decoders = {
        b"tic": msgspec.json.Decoder(WireTicker).decode,
        b"tra": msgspec.json.Decoder(WireTrade).decode,
        b"ord": msgspec.json.Decoder(WireOrderbook).decode,
    }
    async with connect(server.ws_url, compression=None, max_queue=4096, proxy=None) as socket:
        await socket.send(server.request)
        taken, cpu, started = 0, 0.0, 0.0
        while taken < count:
            data = await socket.recv(decode=False)
            if not taken:
                started, cpu = time.perf_counter(), time.process_time()
            decoders[data[9:12]](data)
            taken += 1
        return Run.of(count, time.perf_counter() - started, time.process_time() - cpu)


async def backbone(server: Server, count: int) -> Run:
    """Everything: decode, dedupe, store, listeners, metrics."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Run] = loop.create_future()
    taken, cpu, started = 0, 0.0, 0.0

    def listen(_: object) -> None:
        nonlocal taken, cpu, started
        if not taken:
            started, cpu = time.perf_counter(), time.process_time()
        taken += 1
        if taken == count:
            done.set_result(Run.of(count, time.perf_counter() - started, time.process_time() - cpu))

    async with MarketDataBackbone(
        server.rest_url, server.ws_url, policy=Policy(predict=False)
    ) as feed:
        subscription = feed.subscribe(server.streams, listen)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                run = await done
        except TimeoutError:
            told = feed.get_performance_metrics()["streams"]
            facts = {key: told[key] for key in ("messages_received", "duplicates", "stale")}
            raise SystemExit(f"void: {taken} of {count} messages were news; {facts}") from None
        subscription.close()
        return run


def peer(server: Server, count: int) -> dict[str, Any]:
    """Return what pyupbit does: delivered to its user, and decoding alone."""
    script = Path(__file__).with_name("throughput_peer.py")
    done = subprocess.run(
        [peers_python(), str(script), server.ws_url, str(count), server.request],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    if done.returncode:
        raise SystemExit(f"the peer failed: {done.stderr.strip().splitlines()[-1:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@contextmanager
def replaying(count: int) -> Iterator[Server]:
    """Run the server that replays `count` frames to everybody who asks."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.replay_server", str(count)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as server:
        try:
            port = int(server.stdout.readline() if server.stdout else 0)
            yield Server.at(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/websocket/v1")
        finally:
            server.terminate()


def measure(server: Server, count: int, rounds: int) -> Result:
    """Run reader, bare client, backbone and peer in turn; return medians.

    Raises:
        SystemExit: the run is void, and why.
    """
    runs: dict[str, list[Run]] = {"bare": [], "backbone": [], "pyupbit": []}
    server_rates, delivered = [], []
    for _ in range(rounds):
        server_rates.append(frames_per_s(server.ws_url, server.request, count))
        runs["bare"].append(asyncio.run(bare(server, count)))
        runs["backbone"].append(asyncio.run(backbone(server, count)))
        other = peer(server, count)
        runs["pyupbit"].append(Run(other["decoded_per_s"], other["decoding_cpu_us"]))
        delivered.append(other["delivered_per_s"])
    rate = {who: statistics.median(run.per_s for run in done) for who, done in runs.items()}
    cpu = {who: statistics.median(run.cpu_us for run in done) for who, done in runs.items()}
    server_rate, pyupbit_rate = statistics.median(server_rates), statistics.median(delivered)
    refuse_slow_server(server_rate, rate["bare"])
    return Result(
        "throughput",
        {"messages_per_s": rate["backbone"], "cpu_us": cpu["backbone"], "messages": count},
        {
            "bare_messages_per_s": rate["bare"],
            "bare_cpu_us": cpu["bare"],
            "pyupbit_messages_per_s": pyupbit_rate,
            "pyupbit_decoding_only_per_s": rate["pyupbit"],
            "pyupbit_decoding_only_cpu_us": cpu["pyupbit"],
            "server_messages_per_s": server_rate,
        },
        {
            "of_bare": rate["backbone"] / rate["bare"],
            "cpu_of_bare": cpu["bare"] / cpu["backbone"],
            "of_pyupbit": rate["backbone"] / pyupbit_rate,
            "of_pyupbit_decoding_only": rate["backbone"] / rate["pyupbit"],
        },
        versions_of("websockets", "msgspec") | {"pyupbit": other["version"]},
    )


def refuse_slow_server(server_rate: float, bare_rate: float) -> None:
    """Void a run whose server was the slowest part of it.

    Raises:
        SystemExit: it doesn't outrun the bare client.
    """
    if server_rate < _LEAD * bare_rate:
        raise SystemExit(
            f"void: the server sends {server_rate:,.0f}/s and must outrun {bare_rate:,.0f}/s"
        )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--count", type=int, default=60_000, help="messages of a run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rest-url", help="another server (with --ws-url)")
    parser.add_argument("--ws-url", help="another server (with --rest-url)")
    given = parser.parse_args()
    if bool(given.rest_url) != bool(given.ws_url):
        parser.error("--rest-url and --ws-url go together")
    if given.ws_url:
        server = Server.at(given.rest_url, given.ws_url)
        show(measure(server, given.count, given.rounds), as_json=given.json)
        return
    with replaying(given.count) as server:
        show(measure(server, given.count, given.rounds), as_json=given.json)


if __name__ == "__main__":
    main()
