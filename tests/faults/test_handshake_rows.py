"""Rows 2, 3, 4, 7 and 10 of the fault matrix: no connection comes about, or not to Upbit."""

import contextlib
import socket
import ssl
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.faults.harness import (
    NEVER,
    USUAL,
    Scene,
    exchange,
    passes,
    relaxed,
    scene,
    squeezed,
    told,
    until,
    waits,
)
from tests.faults.relay import Relayed, relay_to
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.infrastructure.upbit import rest_client, websocket_client
from upbit_auto_trading.infrastructure.upbit.reconnect import LossCause

BOOK = Stream("orderbook", "KRW-XRP")
TICKER = Stream("ticker", "KRW-BTC")
TRADES = Stream("trade", "KRW-XRP")
ALL = (BOOK, TICKER, TRADES)
Patch = pytest.MonkeyPatch


# 2: TCP resets in the handshake


async def _after_resets(within: float) -> tuple[float, int]:
    async with exchange() as upbit, relay_to(upbit.ws_url) as relay:
        relay.resets = 5
        url = f"ws://127.0.0.1:{relay.port}/websocket/v1"
        policy = replace(USUAL, standby=False)
        started = time.perf_counter()
        async with scene(upbit, ALL, policy, ws_url=url, starts=False) as one:
            await until(lambda: one.values, within)
            took = time.perf_counter() - started
            return took, relay.most_in(1.0)


async def test_row_02_resets_in_the_handshake() -> None:
    took, most = await _after_resets(10.0)
    told(2, "data after 5 resets in s", took, "≤ 8")
    told(2, "most connects in a second", most, "≤ 5")
    assert took <= 8
    assert most <= 5


async def test_row_02_without_its_defence_fails(monkeypatch: Patch) -> None:
    waits(monkeypatch, 0.0)
    assert (await _after_resets(10.0))[1] > 5


# 3: TLS


class _Certificates:
    """An authority, and what it made for the exchange: right, for another host, out of date."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        past = datetime(2020, 1, 1, tzinfo=UTC)
        made = {
            "right": authority.issue_cert("127.0.0.1"),
            "other_host": authority.issue_cert("exchange.example"),
            "expired": authority.issue_cert("127.0.0.1", not_after=past),
        }
        self.files: dict[str, Path] = {}
        for name, certificate in made.items():
            self.files[name] = folder / f"{name}.pem"
            certificate.private_key_and_cert_chain_pem.write_to_path(str(self.files[name]))


@dataclass
class _Trust:
    values: int
    connects: int
    spacing_s: float
    causes: set[str]
    rest: str


async def _over_tls(folder: Path, which: str, resets: int, wait_s: float, **more: Any) -> _Trust:
    """Connect to an exchange with that certificate, squeezed twenty times."""
    certificates = _Certificates(folder)
    patient = {
        "connect_timeout": 5.0,
        "rest_connect_timeout": 2.0,
        "rest_read_timeout": 2.5,
        "rest_deadline": 5.0,
    }
    timings = squeezed(20, **(patient | more))
    policy = replace(timings, standby=False, ca_file=certificates.ca_file)
    options = ("--tls-cert", str(certificates.files[which]), "--limits-speed", "20")
    async with exchange(*options, is_trusted=False) as upbit, relay_to(upbit.ws_url) as relay:
        relay.resets = resets
        path = Relayed(relay, tls=True)
        async with scene(
            upbit, (BOOK,), policy, ws_url=path.ws_url, rest_url=upbit.rest_url, starts=False
        ) as one:
            try:
                await one.feed.ticker("KRW-BTC")
                rest = "answered"
            except MarketDataError as error:
                rest = getattr(error, "detail", error.cause.value)
            await until(lambda: one.values, wait_s)
            causes = {str(e["cause"]) for e in one.timeline if e.get("cause")}
            gaps = [(b - a) * 20 for a, b in pairwise(relay.connects)]
            spacing = min(gaps, default=NEVER)
            return _Trust(len(one.values), len(relay.connects), spacing, causes, rest)


async def test_row_03_tls(tmp_path: Path) -> None:
    reset = await _over_tls(tmp_path, "right", 2, 5)
    told(3, "reset twice, then", reset, "retried, data")
    assert reset.values > 0
    assert reset.connects == 3
    codes = {"other_host": "certificate_wrong_host", "expired": "certificate_expired"}
    for which, code in codes.items():
        seen = await _over_tls(tmp_path, which, 0, 32 / 20)
        told(3, which, seen, f"no data, {code}, 30 exchange s between tries")
        assert seen.values == 0
        assert seen.connects >= 1
        assert seen.spacing_s >= 29.9
        assert seen.causes == {code}
        assert seen.rest == code


async def test_row_03_without_its_defence_fails(monkeypatch: Patch, tmp_path: Path) -> None:
    hasty = await _over_tls(tmp_path, "expired", 0, 28 / 20, untrusted_delay=0.1)
    assert hasty.spacing_s < 29.9
    trusting = ssl.create_default_context

    def unchecked(*args: Any, **more: Any) -> ssl.SSLContext:
        context = trusting(*args, **more)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    monkeypatch.setattr(ssl, "create_default_context", unchecked)
    seen = await _over_tls(tmp_path, "expired", 0, 2)
    assert seen.values > 0


# 4: names that don't resolve


class _Resolver:
    """Answers for one made-up name, or fails, and counts who asks when."""

    def __init__(self, patch: Patch) -> None:
        self.works = True
        self.asked: list[tuple[float, str]] = []
        resolve = socket.getaddrinfo

        def answer(host: Any, port: Any, *args: Any, **more: Any) -> Any:
            if host not in ("exchange.example", b"exchange.example"):
                return resolve(host, port, *args, **more)
            self.asked.append((time.perf_counter(), threading.current_thread().name))
            if not self.works:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return resolve("127.0.0.1", port, *args, **more)

        patch.setattr(socket, "getaddrinfo", answer)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            patch.delenv(name, raising=False)

    def rest_lookups(self, begin: float, seconds: float) -> int:
        """Return the most lookups for REST in any second of the span."""
        moments = [a for a, thread in self.asked if thread.startswith("upbit-rest") and a > begin]
        return max((sum(1 for a in moments if b <= a < b + seconds) for b in moments), default=0)


async def _unresolved(resolver: _Resolver, squeeze: float) -> tuple[float, int]:
    """Fail for 10 exchange seconds; return the seconds until data and REST's lookups a second."""
    resolver.works = True
    async with exchange("--limits-speed", str(squeeze)) as upbit:
        port = upbit.ws_url.split(":")[2].split("/")[0]
        policy = replace(squeezed(squeeze), standby=False)
        urls = (f"ws://exchange.example:{port}/websocket/v1", f"http://exchange.example:{port}")
        async with scene(upbit, (BOOK,), policy, ws_url=urls[0], rest_url=urls[1]) as one:
            resolver.works = False
            began = time.perf_counter()
            await upbit.fault("close", code=1006)
            await upbit.fault("cut_body", bytes=1, count=2)  # REST's kept connections go as well
            while time.perf_counter() - began < 10 / squeeze:
                with contextlib.suppress(MarketDataError):
                    await one.feed.orderbook("KRW-ETH")
                await passes(0.01)
            resolver.works = True
            back = await one.next_data(4 / squeeze) * squeeze
            return back, resolver.rest_lookups(began + 1 / squeeze, 1 / squeeze)


async def test_row_04_names_fail_for_ten_seconds(monkeypatch: Patch) -> None:
    resolver = _Resolver(monkeypatch)
    back, lookups = await relaxed(
        lambda squeeze: _unresolved(resolver, squeeze),
        lambda found: found[0] <= 2.2 and found[1] <= 1,
        4,
    )
    told(
        4,
        "data after the name resolves (exchange s), REST lookups a second",
        (back, lookups),
        "≤ 2, ≤ 1",
    )
    assert back <= 2.2
    assert lookups <= 1


async def test_row_04_without_its_defence_fails(monkeypatch: Patch) -> None:
    waits(monkeypatch, 4.0)
    back, _ = await _unresolved(_Resolver(monkeypatch), 4)
    assert back > 2.2


# 7: refused handshakes


async def _refused(status: int, factor: float) -> tuple[list[float], Scene, bool]:
    """Return the gaps between the first connects in exchange seconds, and whether it recovers."""
    async with (
        exchange("--limits-speed", str(factor)) as upbit,
        relay_to(upbit.ws_url) as relay,
    ):
        await upbit.fault("handshake_status", status=status, endpoint="public")
        url = f"ws://127.0.0.1:{relay.port}/websocket/v1"
        policy = replace(squeezed(factor), standby=False)
        async with scene(upbit, ALL, policy, ws_url=url, starts=False) as one:
            await until(lambda: len(relay.connects) >= 3, 8 / factor)
            gaps = [
                (b - a) * factor for a, b in zip(relay.connects, relay.connects[1:], strict=False)
            ]
            causes = {e.get("cause") for e in one.timeline} - {None}
            expected = {429: "rate_limited", 503: "server_error", 403: "forbidden"}[status]
            assert causes == {expected}, causes
            await upbit.clear("handshake_status")
            one.feed.reconnect_now()
            recovers = await until(lambda: bool(one.values), 20) < NEVER
            return gaps, one, recovers


async def test_row_07_refused_handshakes() -> None:
    for status in (429, 503, 403):
        gaps, _, recovers = await _refused(status, 4)
        told(7, f"gaps between attempts after {status} (exchange s)", gaps, "by class")
        assert recovers
        if status == 429:
            assert gaps
            assert min(gaps) >= 1.0
        if status == 403:
            assert not gaps  # stops and says so; 30 s until it tries again by itself
        if status == 503:
            assert gaps


async def test_row_07_without_its_defence_fails(monkeypatch: Patch) -> None:
    waits(monkeypatch, 0.05)
    for status in (429, 403):
        gaps, _, _ = await _refused(status, 4)
        assert min(gaps) < 1.0


# 10: a captive portal


async def _portal() -> tuple[set[str], set[str], int]:
    async with exchange() as upbit:
        await upbit.fault("captive_portal")
        policy = replace(USUAL, standby=False)
        async with scene(upbit, ALL, policy, starts=False) as one:
            failures = set()
            for ask in (one.feed.ticker, one.feed.orderbook):
                try:
                    await ask("KRW-BTC")
                except MarketDataError as error:
                    failures.add(error.cause.value)
            await until(lambda: one.happened("connection_reconnecting"), 20)
            causes = {str(e["cause"]) for e in one.timeline if e.get("cause")}
            assert one.feed.connection_state is not ConnectionState.CONNECTED
            return failures, causes - {"None"}, len(one.values)


async def test_row_10_captive_portal() -> None:
    failures, causes, values = await _portal()
    told(10, "requests, socket, values", (failures, causes, values), "not_upbit, no data")
    assert failures == {"not_upbit"}
    assert "not_upbit" in causes
    assert values == 0


async def test_row_10_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(rest_client, "failure_of", lambda *_: None)
    monkeypatch.setattr(
        websocket_client, "cause_of_status", lambda _: LossCause.UNREACHABLE, raising=True
    )
    failures, causes, _ = await _portal()
    assert "not_upbit" not in failures | causes
