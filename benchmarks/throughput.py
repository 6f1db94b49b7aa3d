"""Intake: messages a second through the whole backbone, beside a bare client on the same server.

The bare client is `websockets` with `msgspec` typed decode and nothing else. Runs alternate;
the median of each is reported. The server must outrun the bare client, else the run is void.
"""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import msgspec
from websockets.asyncio.client import connect

from benchmarks.replay_server import MARKETS
from benchmarks.result import Result, show, versions_of
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone
from upbit_auto_trading.infrastructure.upbit.wire import WireOrderbook, WireTicker, WireTrade

CHANNELS = ("ticker", "trade", "orderbook")


@dataclass(frozen=True, slots=True)
class Run:
    """One pass: wall-clock and processor seconds for `count` messages."""

    count: int
    seconds: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        """Messages a second."""
        return self.count / self.seconds

    @property
    def cpu_us(self) -> float:
        """Processor microseconds a message."""
        return self.cpu_s / self.count * 1e6


def drain(port: int, count: int) -> float:
    """Return the messages a second a reader that looks at nothing gets: the server's own rate."""
    request = (
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as reader:
        reader.sendall(request)
        reader.recv(4096)
        reader.sendall(b"\x81\x80\x00\x00\x00\x00")
        started = time.perf_counter()
        reader.settimeout(1.0)
        last, buffer = started, bytearray(1 << 20)
        try:
            while reader.recv_into(buffer):
                last = time.perf_counter()
        except TimeoutError:
            pass
    return count / (last - started)


async def bare(port: int, count: int) -> Run:
    """`websockets` and typed `msgspec` decode, nothing more."""
    decoders = {
        b"tic": msgspec.json.Decoder(WireTicker).decode,
        b"tra": msgspec.json.Decoder(WireTrade).decode,
        b"ord": msgspec.json.Decoder(WireOrderbook).decode,
    }
    async with connect(
        f"ws://127.0.0.1:{port}/websocket/v1", compression=None, max_queue=4096, proxy=None
    ) as socket_:
        await socket_.send("[]")
        taken, cpu, started = 0, 0.0, 0.0
        while taken < count:
            data = await socket_.recv(decode=False)
            if not taken:
                started, cpu = time.perf_counter(), time.process_time()
            decoders[data[9:12]](data)
            taken += 1
        return Run(count, time.perf_counter() - started, time.process_time() - cpu)


async def backbone(port: int, count: int) -> Run:
    """Everything: decode, dedupe, store, listeners, metrics."""
    done = asyncio.get_running_loop().create_future()
    taken, cpu, started = 0, 0.0, 0.0

    def listen(_: object) -> None:
        nonlocal taken, cpu, started
        if not taken:
            started, cpu = time.perf_counter(), time.process_time()
        taken += 1
        if taken == count:
            done.set_result(Run(count, time.perf_counter() - started, time.process_time() - cpu))

    async with MarketDataBackbone(
        f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/websocket/v1"
    ) as feed:
        held = [Stream(channel, market) for channel in CHANNELS for market in MARKETS]
        subscription = feed.subscribe(held, listen)
        run: Run = await asyncio.wait_for(done, 60)
        subscription.close()
        return run


def measure(count: int, rounds: int) -> Result:
    """Run server, reader, bare client and backbone in turn; return medians."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.replay_server", str(count)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as server:
        try:
            port = int(server.stdout.readline() if server.stdout else 0)
            server_rate = drain(port, count)
            runs: dict[str, list[Run]] = {"bare": [], "backbone": []}
            for _ in range(rounds):
                runs["bare"].append(asyncio.run(bare(port, count)))
                runs["backbone"].append(asyncio.run(backbone(port, count)))
        finally:
            server.terminate()
    rate = {who: statistics.median(run.per_s for run in done) for who, done in runs.items()}
    cpu = {who: statistics.median(run.cpu_us for run in done) for who, done in runs.items()}
    if server_rate < 1.2 * rate["bare"]:
        raise SystemExit(
            f"void: the server sends {server_rate:,.0f}/s and must outrun {rate['bare']:,.0f}/s"
        )
    return Result(
        "throughput",
        {"messages_per_s": rate["backbone"], "cpu_us": cpu["backbone"], "messages": count},
        {
            "bare_messages_per_s": rate["bare"],
            "bare_cpu_us": cpu["bare"],
            "server_messages_per_s": server_rate,
        },
        {
            "of_bare": rate["backbone"] / rate["bare"],
            "cpu_of_bare": cpu["bare"] / cpu["backbone"],
        },
        versions_of("websockets", "msgspec"),
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    show(measure(given.count, given.rounds), as_json=given.json)


if __name__ == "__main__":
    main()
