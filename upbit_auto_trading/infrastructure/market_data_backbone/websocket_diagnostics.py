"""Finds out, step by step, whether and how Upbit can be reached. Also a command.

Each step is measured by doing it: a REST request, the handshake, a ping, a subscription with
its first frame, a change of it on the same socket. A step that fails ends those that need it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from upbit_auto_trading.domain.failure import MarketDataError, NotConnectedError
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.infrastructure.market_data_backbone.backbone import MarketDataBackbone
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy

_PATIENCE_S: Final = 8.0
_SKEW_NOTED_MS: Final = 2000


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what was done, whether it worked, how long it took, what was found."""

    name: str
    ok: bool
    ms: float
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Every step done, in order."""

    rest_url: str
    ws_url: str
    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Whether every step worked."""
        return all(step.ok for step in self.steps)

    def data(self) -> dict[str, Any]:
        """Return the diagnosis as plain data."""
        return {"ok": self.ok} | asdict(self)


async def diagnose(
    rest_url: str,
    ws_url: str,
    *,
    data_dir: Path | None = None,
    market: str = "KRW-BTC",
    patience_s: float = _PATIENCE_S,
) -> Diagnosis:
    """Try everything the program needs of the endpoint, in the order it needs it."""
    steps: list[Step] = []
    policy = Policy(standby=False, predict=False)
    async with MarketDataBackbone(rest_url, ws_url, policy=policy, data_dir=data_dir) as feed:
        seen: list[MarketValue] = []

        async def rest() -> dict[str, Any]:
            markets = (await feed.markets()).values
            return {"markets": len(markets), "quotes": sorted({info.quote for info in markets})}

        async def handshake() -> dict[str, Any]:
            deadline = time.monotonic() + patience_s
            while feed.connection_state is not ConnectionState.CONNECTED:
                if time.monotonic() > deadline:
                    raise NotConnectedError(ws_url, _last_cause(feed))
                await asyncio.sleep(0.02)
            return {"epoch": feed.get_performance_metrics()["streams"]["epoch"]}

        subscription = feed.subscribe((), seen.append)

        async def first_frame() -> dict[str, Any]:
            swap = await subscription.replace([Stream("ticker", market)])
            _delivered(swap.silent, swap.first_ms)
            skew = _skew_ms(seen[-1])
            return {
                "first_ms": swap.first_ms,
                "clock_difference_ms": skew,
                "clock_is_off": abs(skew) > _SKEW_NOTED_MS,
            }

        async def swapped() -> dict[str, Any]:
            swap = await subscription.replace([Stream("orderbook", market)])
            _delivered(swap.silent, swap.first_ms)
            streams = feed.get_performance_metrics()["streams"]
            return {
                "kind": swap.kind.value,
                "first_ms": swap.first_ms,
                "reconnects": streams["reconnects"],
                "rtt_ms": streams["rtt_ms"],
            }

        await _try("rest", rest, steps)
        if await _try("websocket", handshake, steps) and await _try(
            "subscription", first_frame, steps
        ):
            await _try("swap", swapped, steps)
        subscription.close()
    return Diagnosis(rest_url, ws_url, tuple(steps))


async def _try(name: str, work: Callable[[], Awaitable[dict[str, Any]]], steps: list[Step]) -> bool:
    started = time.perf_counter()
    try:
        facts, ok = await work(), True
    except MarketDataError as error:
        facts, ok = {"cause": error.cause.value, "detail": str(error)}, False
    steps.append(Step(name, ok, (time.perf_counter() - started) * 1000, facts))
    return ok


def _delivered(silent: frozenset[Stream], first_ms: float | None) -> None:
    if silent or first_ms is None:
        raise NotConnectedError("the subscription", "silent")


def _last_cause(feed: MarketDataBackbone) -> str:
    timeline = feed.get_performance_metrics()["degradations"]["timeline"]
    causes = [entry["cause"] for entry in timeline if entry.get("cause")]
    return str(causes[-1]) if causes else "timeout"


def _skew_ms(value: MarketValue) -> float:
    """Return how far our clock is ahead of the exchange's; in a quiet market an upper bound."""
    return value.origin.received_at * 1000 - value.exchange_ms
