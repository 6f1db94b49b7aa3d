"""Trades lost inside a stream that flows: no row of its own, and part of every one's history.

Single frames are dropped on their way; nothing else about the connection is wrong.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults.harness import exchange, fast, scene, squeezed, told, until
from tests.faults.history import History, history_of
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone.volume_audit import VolumeAudit

MARKETS = ("KRW-BTC", "KRW-XRP")
STREAMS = tuple(Stream(kind, market) for kind in ("ticker", "trade") for market in MARKETS)
SQUEEZE = 5


@dataclass
class _Losses:
    history: History
    figures: dict[str, Any]
    reconnects: int
    backfilled: int
    was_incomplete: bool


async def _lossy(within: float, settle_s: float, *, share: float = 0.5) -> _Losses:
    """Drop trade frames until some are noticed, then let it settle and see what is left."""
    async with (
        exchange(*fast(SQUEEZE)) as upbit,
        scene(upbit, STREAMS, squeezed(SQUEEZE)) as one,
    ):

        def volumes() -> dict[str, Any]:
            found: dict[str, Any] = one.metrics("streams")["volumes"]
            return found

        await until(lambda: volumes()["agreed"] >= 4, within)
        if share:
            await upbit.fault("lose", channel="trade", share=share)
        was_incomplete = False

        def noticed() -> bool:
            nonlocal was_incomplete
            health = [one.feed.stream_health(stream) for stream in STREAMS]
            was_incomplete = was_incomplete or not all(state.complete for state in health)
            return bool(volumes()["recovered"] >= 3) if share else volumes()["agreed"] >= 20

        await until(noticed, within)
        await upbit.clear("lose")
        history = await history_of(one, settle_s=settle_s)
        backfilled = sum(e["what"] == "backfilled" for e in one.timeline)
        return _Losses(history, volumes(), one.reconnects, backfilled, was_incomplete)


async def test_single_lost_trades_are_noticed_by_the_volume_and_asked_for() -> None:
    seen = await _lossy(60, 30)
    told(0, "single frames dropped", seen, "0 lost after repair")
    assert seen.figures["missing"] >= 1
    assert seen.figures["recovered"] >= 3
    assert seen.figures["unexplained"] == 0
    assert seen.was_incomplete
    assert seen.history.lost == seen.history.doubled == 0
    assert seen.history.refused == 0
    assert seen.reconnects == 0


async def test_without_looking_at_volumes_single_lost_trades_stay_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(VolumeAudit, "look", lambda *_: None)
    assert (await _lossy(3, 1)).history.lost > 0


async def test_where_nothing_is_lost_nothing_is_asked_for() -> None:
    seen = await _lossy(60, 30, share=0.0)
    assert seen.figures["agreed"] >= 20
    assert seen.figures["missing"] == seen.figures["unexplained"] == 0
    assert seen.backfilled == 0
    assert not seen.was_incomplete
    assert seen.history.holds
