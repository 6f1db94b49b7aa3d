"""Rows 33–36 of the fault matrix: refusals, blocks, and REST that fails."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.harness import (
    NEVER,
    Scene,
    exchange,
    passes,
    relaxed,
    scene,
    squeezed,
    told,
    until,
)
from upbit_auto_trading.domain.failure import BannedError, MarketDataError
from upbit_auto_trading.domain.stream import Source, Stream
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.infrastructure.market_data_backbone.smart_fallback_manager import (
    SmartFallbackManager,
)
from upbit_auto_trading.infrastructure.upbit.ban_record import BanRecord
from upbit_auto_trading.infrastructure.upbit.rate_limit import GroupBudget
from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient
from upbit_auto_trading.infrastructure.upbit.rest_transport import RestTransport
from upbit_auto_trading.infrastructure.upbit.timings import Timings

Patch = pytest.MonkeyPatch
BOOK = Stream("orderbook", "KRW-XRP")
TICKER = Stream("ticker", "KRW-XRP")


class _Asked:
    """The moments at which requests really left, by path, past the client's own counters."""

    def __init__(self, patch: Patch) -> None:
        self.moments: list[tuple[float, str]] = []
        fetch = RestTransport._fetch

        def counted(transport: RestTransport, path: str, url: str, deadline: float) -> Any:
            self.moments.append((time.perf_counter(), path))
            return fetch(transport, path, url, deadline)

        patch.setattr(RestTransport, "_fetch", counted)

    def between(self, begin: float, end: float, path: str = "") -> int:
        return sum(1 for at, asked in self.moments if begin <= at < end and path in asked)


async def _outcome(one: Scene, market: str) -> Any:
    try:
        return await one.feed.ticker(market)
    except MarketDataError as error:
        return error


async def _keep_asking(one: Scene, seconds: float, workers: int = 3) -> None:
    """Ask for tickers of ever other markets, as fast as answers come."""
    markets = [info.market for info in (await one.feed.markets()).values]
    number = 0
    deadline = time.perf_counter() + seconds

    async def ask() -> None:
        nonlocal number
        while time.perf_counter() < deadline:
            number += 1
            await _outcome(one, markets[number % len(markets)])
            await passes(0.005)

    await asyncio.gather(*(ask() for _ in range(workers)))


# 33: 429


async def _refused_once(header: bool, squeeze: float) -> tuple[int, float]:
    """Return the 429s of one episode of 0.8 exchange s, and the s from the first to an answer."""
    options = ("--limits-speed", str(squeeze))
    async with exchange(*options) as upbit, scene(upbit, (BOOK,), squeezed(squeeze)) as one:
        await upbit.fault("too_many_requests", group="ticker", seconds=0.8 / squeeze, header=header)
        budget = one.feed._client.budgets["ticker"]
        before = budget.limited
        started = time.perf_counter()
        recovered = NEVER
        while recovered == NEVER and time.perf_counter() - started < 4 / squeeze:
            answer = await _outcome(one, "KRW-ETH")
            if not isinstance(answer, MarketDataError):
                recovered = (time.perf_counter() - started) * squeeze
            await passes(0.01)
        return budget.limited - before, recovered


async def test_row_33_too_many_requests() -> None:
    for header in (True, False):
        refused, recovered = await relaxed(
            lambda squeeze, given=header: _refused_once(given, squeeze),  # type: ignore[misc]
            lambda found: found[0] <= 2 and found[1] <= 2.0,
            1,
        )
        told(33, f"429s, recovery in s (header {header})", (refused, recovered), "≤ 2, ≤ 2 s")
        assert refused <= 2  # the first, and at most one repeat
        assert recovered <= 2.0


async def test_row_33_without_its_defence_fails(monkeypatch: Patch) -> None:
    def only_counted(budget: GroupBudget, now: float) -> None:
        del now
        budget.limited += 1

    monkeypatch.setattr(GroupBudget, "refused", only_counted)
    monkeypatch.setattr(GroupBudget, "answered", lambda *_: None)
    refused, _ = await _refused_once(header=True, squeeze=1)
    assert refused > 2


# 34: 418


async def _banned(patch: Patch, folder: Path, seconds: float) -> tuple[int, int, float]:
    """Return requests during a block, of the same run and after a restart, and the block's rest.

    The rest is what was left of it, in s, when the second run had asked for a while.
    """
    asked = _Asked(patch)
    async with exchange() as upbit:
        async with scene(upbit, (BOOK,), data_dir=folder) as one:
            await upbit.fault("blocked", seconds=seconds)
            first = await _outcome(one, "KRW-ETH")
            assert isinstance(first, BannedError)
            ends = time.perf_counter() + first.retry_after_s
            began = len(asked.moments)
            await _keep_asking_during(one, 0.8)
            assert await one.next_data(20) < NEVER
            assert one.feed.connection_state is ConnectionState.CONNECTED
            same_run = len(asked.moments) - began
        restarted = len(asked.moments)
        async with scene(upbit, (BOOK,), data_dir=folder, starts=False) as again:
            await _keep_asking_during(again, 0.8)
            rest = ends - time.perf_counter()
            after = sum(at < ends for at, _ in asked.moments[restarted:])
            if rest < 10:
                assert await until(lambda: bool(again.values), rest + 20) < NEVER
    return same_run, after, rest


async def _keep_asking_during(one: Scene, seconds: float) -> None:
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        await _outcome(one, "KRW-ETH")
        await passes(0.02)


async def test_row_34_blocked(monkeypatch: Patch, tmp_path: Path) -> None:
    same_run, after, rest = await _banned(monkeypatch, tmp_path, 4)
    told(34, "requests while blocked: same run, after a restart", (same_run, after), "0")
    told(34, "of the block left at the end, in s", rest, "told beside it")
    assert (same_run, after) == (0, 0)


async def test_row_34_without_its_defence_fails(monkeypatch: Patch, tmp_path: Path) -> None:
    monkeypatch.setattr(BanRecord, "_load", lambda _: 0.0)
    _, after, rest = await _banned(monkeypatch, tmp_path, 60)
    assert rest > 10
    assert after > 0


# 35: REST that fails


FAILING: dict[str, dict[str, object]] = {
    "server_error-500": {"status": 500},
    "server_error-502": {"status": 502},
    "server_error-504": {"status": 504},
    "hang": {"delay_s": 30.0},
    "slow_body": {"bytes_per_s": 1.0},
    "cut_body": {"bytes": 20},
}


async def _failing(patch: Patch, case: str, squeeze: float) -> tuple[Any, Any, int, float]:
    """Return the answers for a known market and for one never asked, the tries, and the last.

    The last try is told as the exchange seconds after which it began.
    """
    asked = _Asked(patch)
    options = ("--limits-speed", str(squeeze))
    usual = Timings().scaled(1 / squeeze)
    policy = squeezed(
        squeeze,
        rest_connect_timeout=usual.rest_connect_timeout,
        rest_read_timeout=usual.rest_read_timeout,
        rest_deadline=usual.rest_deadline,
        rest_retry_delays=usual.rest_retry_delays,
        rest_outage_delays=usual.rest_outage_delays,
    )
    async with exchange(*options) as upbit, scene(upbit, (BOOK,), policy) as one:
        fresh = await one.feed.ticker("KRW-ETH")
        assert fresh.channel is Source.REST
        await passes(1.1 / squeeze)
        await upbit.fault(case.partition("-")[0], group="ticker", **FAILING[case])
        began = time.perf_counter()
        known = await _outcome(one, "KRW-ETH")
        tries = [at for at, path in asked.moments if at >= began and "ticker" in path]
        never = await _outcome(one, "KRW-ADA")
        return known, never, len(tries), (tries[-1] - began) * squeeze


@pytest.mark.parametrize("case", FAILING)
async def test_row_35_rest_fails(case: str, monkeypatch: Patch) -> None:
    known, never, tries, last = await relaxed(
        lambda squeeze: _failing(monkeypatch, case, squeeze),
        lambda found: found[2] <= 3 and found[3] <= 5.0,
        4,
    )
    told(35, f"{case}: tries, the last after s", (tries, last), "≤ 3 within 5 s, stale and marked")
    assert tries <= 3
    assert last <= 5.0
    assert known.channel is Source.CACHE
    assert known.reason.startswith("rest_")
    assert known.value.market == "KRW-ETH"
    assert known.age_ms > 0
    assert isinstance(never, MarketDataError)


async def test_row_35_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(UpbitRestClient, "_retry_delay", lambda *_: 0.05)
    monkeypatch.setattr(SmartFallbackManager, "may_stand_in", staticmethod(lambda _: False))
    known, _, tries, _ = await _failing(monkeypatch, "server_error-500", 4)
    assert tries > 3
    assert isinstance(known, MarketDataError)


# 36: another program uses the quota


async def _shared(squeeze: float) -> tuple[int, int]:
    """Return our 429s in the first 5 exchange seconds and in the 5 after, a block counting too."""
    options = ("--limits-speed", str(squeeze))
    async with exchange(*options) as upbit, scene(upbit, (BOOK,), squeezed(squeeze)) as one:
        await upbit.fault("shared_quota", group="ticker", share=0.5)

        def limited() -> int:
            return int(one.metrics("budgets")["rest"]["ticker"]["limited"])

        def blocked() -> bool:
            return bool(one.metrics("budgets")["banned_for_s"] > 0)

        await _keep_asking(one, 5 / squeeze)
        first = limited()
        await _keep_asking(one, 5 / squeeze)
        return first, limited() - first + blocked()


async def test_row_36_shared_quota() -> None:
    first, after = await relaxed(_shared, lambda found: found[1] == 0, 2)
    told(36, "our 429s in the first 5 s, after", (first, after), "after: 0")
    assert after == 0


async def test_row_36_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(GroupBudget, "answered", lambda *_: None)
    monkeypatch.setattr(GroupBudget, "refused", lambda b, _: setattr(b, "limited", b.limited + 1))
    _, after = await _shared(2)
    assert after > 0
