"""Subscribing ahead over real sockets."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scripted_upbit import ScriptedUpbit
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import StreamState, SwapKind
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.upbit.rate_limit import MessageLimits
from upbit_auto_trading.infrastructure.upbit.timings import Timings

QUICK = replace(Timings(), guess_delay=0.01, release_linger=0.01)
LIMITS = MessageLimits(per_second=1000, per_minute=10_000, burst=1000)
POLICY = Policy(timings=QUICK, message_limits=LIMITS, standby=False)


def of(market: str) -> list[Stream]:
    return [Stream("ticker", market), Stream("trade", market)]


@pytest.fixture
async def upbit() -> AsyncIterator[ScriptedUpbit]:
    async with ScriptedUpbit() as server:
        yield server


async def test_a_market_that_was_expected_is_there_at_once(
    upbit: ScriptedUpbit, tmp_path: Path
) -> None:
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=POLICY, data_dir=tmp_path
    ) as feed:
        chart = feed.subscribe((), lambda _: None, holder="chart")
        kinds = []
        for _ in range(8):
            for market in ("KRW-BTC", "KRW-ETH"):
                swap = await chart.replace(of(market))
                kinds.append(swap.kind)
                other = "KRW-ETH" if market == "KRW-BTC" else "KRW-BTC"
                if len(kinds) > 2:
                    await upbit.until(lambda: ("trade", other) in upbit.subscribed)  # noqa: B023
        predictions = feed.get_performance_metrics()["predictions"]

    assert kinds[-6:] == [SwapKind.NONE] * 6
    assert predictions["hits"] >= 6
    assert predictions["is_off"] is False
    assert (tmp_path / "habits.json").exists()


async def test_a_hint_is_subscribed_ahead_and_a_wrong_one_is_let_go(
    upbit: ScriptedUpbit,
) -> None:
    async with MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=POLICY) as feed:
        chart = feed.subscribe((), lambda _: None, holder="chart")
        await chart.replace(of("KRW-BTC"))
        feed.hint("KRW-XRP")
        await upbit.until(lambda: ("trade", "KRW-XRP") in upbit.subscribed)
        live = {StreamState.LIVE}
        await upbit.until(lambda: {feed.stream_health(s).state for s in of("KRW-XRP")} == live)

        swap = await chart.replace(of("KRW-XRP"))

        assert swap.kind is SwapKind.NONE


async def test_a_screen_that_leads_to_a_market_has_it_subscribed_ahead(
    upbit: ScriptedUpbit, tmp_path: Path
) -> None:
    now = POLICY.clock.wall()
    habits = {
        "habits": {"KRW-XRP": [1.0, now, {}], "KRW-ETH": [3.0, now, {}]},
        "screens": {"account": {"KRW-XRP": 9}},
    }
    (tmp_path / "habits.json").write_text(json.dumps(habits), encoding="utf-8")
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=POLICY, data_dir=tmp_path
    ) as feed:
        chart = feed.subscribe((), lambda _: None, holder="chart")
        await chart.replace(of("KRW-BTC"))
        feed.went_to("account")
        await upbit.until(lambda: ("trade", "KRW-XRP") in upbit.subscribed)
        live = {StreamState.LIVE}
        await upbit.until(lambda: {feed.stream_health(s).state for s in of("KRW-XRP")} == live)

        swap = await chart.replace(of("KRW-XRP"))

        assert swap.kind is SwapKind.NONE


async def test_without_prediction_only_what_is_held_is_sent(upbit: ScriptedUpbit) -> None:
    policy = replace(POLICY, predict=False)
    async with MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=policy) as feed:
        chart = feed.subscribe((), lambda _: None, holder="chart")
        for market in ("KRW-BTC", "KRW-ETH") * 4:
            await chart.replace(of(market))
            assert upbit.subscribed == {("ticker", market), ("trade", market)}
        feed.hint("KRW-XRP")
        feed.went_to("account")

        assert feed.get_performance_metrics()["predictions"]["made"] == 0
