"""History over real HTTP and a real file."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.scripted_upbit import Query, RestAnswer, ScriptedUpbit, frame, json_answer
from upbit_auto_trading.domain.stream import Source
from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy

MINUTE_MS = 60_000
LAST_MS = 1_787_731_680_000


class Exchange:
    """Minute candles with quiet minutes; `price` makes another story of the same minutes."""

    def __init__(self, slots: int, price: float = 100.0) -> None:
        self.starts = [LAST_MS - back * MINUTE_MS for back in range(slots) if back % 7]
        self.starts.insert(0, LAST_MS)
        self.price = price
        self.asked = 0

    def answer(self, query: Query) -> RestAnswer:
        self.asked += 1
        to = query.get("to")
        before = None if to is None else datetime.fromisoformat(to).astimezone(UTC)
        found = [start for start in self.starts if before is None or from_epoch_ms(start) < before]
        return json_answer([self._row(start) for start in found[: int(query["count"])]])

    def _row(self, start: int) -> dict[str, Any]:
        live = frame("candle.1m", "KRW-BTC", start + 30_000, price=self.price)
        return {key: v for key, v in live.items() if key not in ("type", "code")} | {
            "market": "KRW-BTC"
        }


@pytest.fixture
async def upbit() -> AsyncIterator[ScriptedUpbit]:
    async with ScriptedUpbit() as server:
        yield server


async def load(
    upbit: ScriptedUpbit, folder: Path | None, count: int, to_ms: int | None = None
) -> tuple[list[int], Source, float]:
    to = None if to_ms is None else from_epoch_ms(to_ms)
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=Policy(standby=False), data_dir=folder
    ) as feed:
        answer = await feed.candles("KRW-BTC", "1m", count, to)
        closes = {candle.close for candle in answer.values}
        assert len(closes) == 1  # two stories are never mixed
        return [candle.start_ms for candle in answer.values], answer.channel, closes.pop()


async def test_many_pages_join_without_gap_or_overlap(upbit: ScriptedUpbit) -> None:
    exchange = Exchange(900)
    upbit.rest["candles/minutes/1"] = exchange.answer

    starts, channel, _ = await load(upbit, None, 700)

    assert starts == sorted(exchange.starts)[-700:]
    assert channel is Source.REST
    assert exchange.asked == 4


async def test_a_second_run_asks_only_for_what_is_new(upbit: ScriptedUpbit, tmp_path: Path) -> None:
    exchange = Exchange(900)
    upbit.rest["candles/minutes/1"] = exchange.answer
    first, _, _ = await load(upbit, tmp_path, 700)
    exchange.asked = 0

    second, _, _ = await load(upbit, tmp_path, 700)

    assert second == first
    assert exchange.asked == 1


async def test_another_story_under_the_same_address_replaces_what_was_kept(
    upbit: ScriptedUpbit, tmp_path: Path
) -> None:
    upbit.rest["candles/minutes/1"] = Exchange(900).answer
    await load(upbit, tmp_path, 700)
    other = Exchange(900, price=250.0)
    upbit.rest["candles/minutes/1"] = other.answer

    _, _, price = await load(upbit, tmp_path, 700)

    assert price == 250.0
    assert other.asked == 4


async def test_a_market_younger_than_asked_for_gives_what_there_is(upbit: ScriptedUpbit) -> None:
    exchange = Exchange(30)
    upbit.rest["candles/minutes/1"] = exchange.answer

    starts, _, _ = await load(upbit, None, 200)

    assert starts == sorted(exchange.starts)


async def test_a_bound_is_exclusive(upbit: ScriptedUpbit) -> None:
    exchange = Exchange(50)
    upbit.rest["candles/minutes/1"] = exchange.answer

    starts, _, _ = await load(upbit, None, 5, exchange.starts[4])

    assert starts == sorted(exchange.starts[5:10])
