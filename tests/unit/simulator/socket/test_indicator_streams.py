import itertools
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import talib

from tests.fake_exchange import FakeCandle, FakeMarket
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.simulator.market.candle_history import CandleHistory
from upbit_auto_trading.simulator.socket.indicator_maths import columns
from upbit_auto_trading.simulator.socket.indicator_request import (
    TRIGGERS,
    Combination,
    read_indicators,
)
from upbit_auto_trading.simulator.socket.indicator_stream import IndicatorStreams, turned_true
from upbit_auto_trading.simulator.socket.ws_error import StreamRequestError

SAMPLES = Path(__file__).resolve().parents[3] / "payloads" / "samples"
STEP_MS = 300_000
END_MS = 1_774_183_200_000
CLOSES = [50_000 + 3000 * math.sin(n / 7) + 500 * math.sin(n * n) for n in range(700)]
VOLUMES = [1 + (n * 7919 % 13) / 5 + 20 * (n % 37 == 0) for n in range(700)]


def rsi(**changes: Any) -> dict[str, Any]:
    item = {
        "type": "indicator",
        "codes": ["KRW-BTC"],
        "timeframe": "5m",
        "indicators": [{"type": "rsi", "params": {"period": 14}}],
    }
    return item | changes


def signal(indicator: str, trigger: str, **params: Any) -> dict[str, Any]:
    event = params.pop("event_params", {})
    row = {"type": indicator, "params": params, "trigger": trigger, "event_params": event}
    return rsi(type="indicator_signal", indicators=[row])


def refusal(*objects: dict[str, Any]) -> str:
    with pytest.raises(StreamRequestError) as refused:
        read_indicators(objects)
    return refused.value.name


@pytest.mark.parametrize(
    "request_row",
    [
        row
        for row in json.loads((SAMPLES / "ws_requests.json").read_text("utf-8"))
        if any("indicators" in item for item in row["send"])
    ],
    ids=lambda row: row["why"],
)
def test_the_documented_requests_are_understood(request_row: dict[str, Any]) -> None:
    objects = [item for item in request_row["send"] if "type" in item]
    wanted = read_indicators(objects)
    asked = sum(len(item["codes"]) * len(item["indicators"]) for item in objects)
    assert len(wanted.combinations) == asked


def test_numbers_come_back_in_their_normal_form() -> None:
    row = {"type": "bollinger_bands", "params": {"multiplier": 2, "period": 20.0}}
    listed = read_indicators([rsi(indicators=[row])]).listed[0]["indicators"][0]["params"]
    assert json.dumps(listed) == '{"period": 20, "multiplier": 2.0}'


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"codes": None}, "NO_CODES"),
        ({"codes": "KRW-BTC"}, "WRONG_FORMAT"),
        ({"timeframe": None}, "WRONG_FORMAT"),
        ({"timeframe": "1m"}, "INVALID_PARAM"),
        ({"indicators": None}, "WRONG_FORMAT"),
        ({"indicators": []}, "INVALID_PARAM"),
        ({"indicators": ["rsi"]}, "WRONG_FORMAT"),
        ({"indicators": [{"type": "rsi"}]}, "WRONG_FORMAT"),
        ({"indicators": [{"type": "obv", "params": {}}]}, "INVALID_PARAM"),
        ({"indicators": [{"type": "rsi", "params": {"period": "14"}}]}, "WRONG_FORMAT"),
        ({"indicators": [{"type": "rsi", "params": {"period": [14]}}]}, "WRONG_FORMAT"),
        ({"indicators": [{"type": "rsi", "params": {"period": True}}]}, "WRONG_FORMAT"),
        ({"indicators": [{"type": "rsi", "params": {"period": 17}}]}, "INVALID_PARAM"),
        ({"indicators": [{"type": "rsi", "params": {"period": 14, "x": 1}}]}, "INVALID_PARAM"),
        ({"indicators": [{"type": "rsi", "params": {}}]}, "INVALID_PARAM"),
    ],
)
def test_a_bad_request_is_refused_whole(changes: dict[str, Any], name: str) -> None:
    assert refusal(rsi(), rsi(**changes)) == name


def test_signals_allow_fewer_values_and_only_their_triggers() -> None:
    assert refusal(signal("rsi", "overbought", period=10, event_params={"threshold": 70}))
    assert refusal(signal("rsi", "golden_cross", period=14)) == "INVALID_PARAM"
    wrong = signal("rsi", "overbought", period=14, event_params={"threshold": 20})
    assert refusal(wrong) == "INVALID_PARAM"
    spare = signal("macd", "dead_cross", fast=8, slow=17, signal_period=9, event_params={"x": 1})
    assert refusal(spare) == "INVALID_PARAM"
    assert refusal(signal("macd", "dead_cross", fast=8, slow=26, signal_period=9))
    without = signal("macd", "dead_cross", fast=8, slow=17, signal_period=9)
    del without["indicators"][0]["event_params"]
    assert read_indicators([without]).combinations[0].event_params == ()


def test_more_than_a_hundred_combinations_are_too_many_and_repeats_count_once() -> None:
    codes = [f"KRW-C{n}" for n in range(50)]
    two = [{"type": "rsi", "params": {"period": period}} for period in (7, 9)]
    assert len(read_indicators([rsi(codes=codes, indicators=two)]).combinations) == 100
    assert refusal(rsi(codes=codes, indicators=two), rsi()) == "TOO_MANY_REQUEST"
    assert len(read_indicators([rsi(), rsi()]).combinations) == 1


def close_to(ours: list[float | None], oracle: Any, last: int = 300) -> bool:
    recent = [value for value in ours[-last:] if value is not None]
    return len(recent) == last and bool(np.allclose(recent, oracle[-last:], rtol=1e-9, atol=1e-7))


def test_the_values_agree_with_an_independent_library() -> None:
    closes, volumes = np.array(CLOSES), np.array(VOLUMES)

    def ours(indicator: str, **params: Any) -> dict[str, list[float | None]]:
        return dict(columns(indicator, params, CLOSES, VOLUMES))

    assert close_to(ours("rsi", period=14)["rsi"], talib.RSI(closes, 14))
    sma = ours("moving_average", type="SMA", period=20)["value"]
    assert close_to(sma, talib.SMA(closes, 20))
    ema = ours("moving_average", type="EMA", period=20)["value"]
    assert close_to(ema, talib.EMA(closes, 20))
    cross = ours("ma_crossover", type="EMA", short_period=5, long_period=20)
    assert close_to(cross["ma_short"], talib.EMA(closes, 5))
    bands = ours("bollinger_bands", period=20, multiplier=2.5)
    for name, oracle in zip(
        ("bb_upper", "bb_middle", "bb_lower"), talib.BBANDS(closes, 20, 2.5, 2.5), strict=True
    ):
        assert close_to(bands[name], oracle)
    macd = ours("macd", fast=12, slow=26, signal_period=9)
    line, smooth, _ = talib.MACD(closes, 12, 26, 9)
    assert close_to(macd["macd"], line)
    assert close_to(macd["macd_signal"], smooth)
    volume = ours("volume", period=20)
    assert close_to(volume["avg_volume"], np.concatenate([[np.nan], talib.SMA(volumes, 20)[:-1]]))


def test_the_histogram_is_exactly_the_difference_shown() -> None:
    rows = columns("macd", {"fast": 12, "slow": 26, "signal_period": 9}, CLOSES, VOLUMES)
    for line, smooth, bar in zip(*rows.values(), strict=True):
        if bar is not None and line is not None and smooth is not None:
            assert bar == round(line - smooth, 8)


def test_a_market_that_only_rises_has_an_rsi_of_100() -> None:
    rising = [float(n) for n in range(1, 40)]
    assert columns("rsi", {"period": 14}, rising, rising)["rsi"][-1] == 100


def market(closes: list[float]) -> FakeMarket:
    first_ms = END_MS - len(closes) * STEP_MS
    rows = [FakeCandle(first_ms + n * STEP_MS, close) for n, close in enumerate(closes)]
    return FakeMarket(candle_rows=rows)


def frames(
    streams: IndicatorStreams, wanted: tuple[Combination, ...], closed_ms: int, now_ms: int
) -> list[dict[str, Any]]:
    made = (streams.frame(row, closed_ms, now_ms) for row in wanted)
    return [frame for frame in made if frame is not None]


def test_a_frame_is_due_for_each_closed_candle_and_none_for_an_empty_slot() -> None:
    streams = IndicatorStreams(market(CLOSES), {"KRW-BTC"})
    wanted = read_indicators([rsi(codes=["KRW-BTC", "KRW-NONE", "BTC-ETH"])]).combinations
    assert streams.next_close_ms(wanted, END_MS - 1) == END_MS
    assert streams.next_close_ms(wanted, END_MS) == END_MS + STEP_MS
    assert streams.next_close_ms((), END_MS) is None
    sent = frames(streams, wanted, END_MS, END_MS + 1100)
    assert [frame["code"] for frame in sent] == ["KRW-BTC"]
    assert sent[0]["candle_date_time_utc"] == "2026-03-22T12:35:00"
    assert sent[0]["timestamp"] == END_MS + 1100
    assert frames(streams, wanted, END_MS + STEP_MS, END_MS + STEP_MS + 1100) == []
    assert frames(streams, wanted, END_MS + 1, END_MS + 1100) == []


class CountingMarket(FakeMarket):
    """A market that counts the candles it was asked for."""

    asked = 0

    def candles(self, *args: Any) -> Any:
        self.asked += args[3]
        return super().candles(*args)


def test_a_close_asks_for_its_new_candles_only_and_is_computed_once() -> None:
    source = CountingMarket(candle_rows=market(CLOSES).candle_rows)
    streams = IndicatorStreams(source, {"KRW-BTC"})
    rows = [{"type": "rsi", "params": {"period": period}} for period in (7, 14)]
    wanted = read_indicators([rsi(indicators=rows)]).combinations
    early_ms = END_MS - 3 * STEP_MS
    frames(streams, wanted, early_ms, early_ms)
    first = source.asked
    again = frames(streams, wanted, early_ms, early_ms + 500)
    assert [frame["timestamp"] for frame in again] == [early_ms, early_ms]
    late = frames(streams, wanted, END_MS, END_MS)
    assert source.asked == first + 3
    fresh = IndicatorStreams(market(CLOSES), {"KRW-BTC"})
    assert late == frames(fresh, wanted, END_MS, END_MS)


def test_the_history_is_bounded_and_goes_back_when_asked_to() -> None:
    history = CandleHistory(market(CLOSES), 10)
    five_minutes = parse_timeframe("5m")
    newest = history.until("KRW-BTC", five_minutes, END_MS, END_MS)
    assert [row.close for row in newest] == CLOSES[-10:]
    older_ms = END_MS - 100 * STEP_MS
    older = history.until("KRW-BTC", five_minutes, older_ms, END_MS)
    assert [row.close for row in older] == CLOSES[-110:-100]
    for n in range(700):
        history.until(f"KRW-C{n}", five_minutes, END_MS, END_MS)
    assert len(history) == 600


def test_too_short_a_history_sends_nothing() -> None:
    streams = IndicatorStreams(market(CLOSES[:14]), {"KRW-BTC"})
    wanted = read_indicators([rsi()]).combinations
    assert frames(streams, wanted, END_MS, END_MS) == []


CROSS = Combination(
    "indicator_signal", "KRW-BTC", "5m", "moving_average", (), "price_cross_above", ()
)


def edges(row: Combination, closes: list[float], **values: list[float | None]) -> list[int]:
    """Return the places at which the trigger fires."""
    fired = []
    for end in range(1, len(closes) + 1):
        seen = {name: series[:end] for name, series in values.items()}
        if turned_true(row, seen, closes[:end]):
            fired.append(end - 1)
    return fired


def test_equal_values_keep_the_state_that_was_before_them() -> None:
    level: list[float | None] = [10.0] * 10
    assert edges(CROSS, [5, 10, 10, 15, 16, 10, 12, 9, 10, 11], value=level) == [3, 9]
    assert edges(CROSS, [10, 10, 15], value=level[:3]) == []
    below = replace(CROSS, indicator="macd", trigger="zero_cross_below")
    line: list[float | None] = [None, 1.0, 0.0, -1.0, 0.0, -2.0, 1.0, -1.0]
    assert edges(below, [0.0] * 8, macd=line) == [3, 7]


def test_a_threshold_fires_when_reached_and_not_again_until_left() -> None:
    def rule(trigger: str, limit: float) -> Combination:
        name = "multiplier" if trigger == "volume_spike" else "threshold"
        indicator = "volume" if trigger == "volume_spike" else "rsi"
        return Combination(
            "indicator_signal", "KRW-BTC", "5m", indicator, (), trigger, ((name, limit),)
        )

    values: list[float | None] = [None, 60, 70, 75, 69.9, 70, 70]
    assert edges(rule("overbought", 70), [0.0] * 7, rsi=values) == [2, 5]
    low: list[float | None] = [40, 30, 29, 31, 30]
    assert edges(rule("oversold", 30), [0.0] * 5, rsi=low) == [1, 4]
    ratio: list[float | None] = [1, 2.0, 3, 1.9, 2.1]
    assert edges(rule("volume_spike", 2.0), [0.0] * 5, ratio=ratio) == [1, 4]


def test_every_trigger_fires_for_some_history_and_never_twice_in_a_row() -> None:
    indicators: dict[str, dict[str, Any]] = {
        "volume": {"period": 10},
        "rsi": {"period": 7},
        "moving_average": {"type": "SMA", "period": 5},
        "ma_crossover": {"type": "EMA", "short_period": 5, "long_period": 20},
        "bollinger_bands": {"period": 20, "multiplier": 1.5},
        "macd": {"fast": 8, "slow": 17, "signal_period": 9},
    }
    for (indicator, trigger), events in TRIGGERS.items():
        params = indicators[indicator]
        event = min(events)
        row = Combination("indicator_signal", "KRW-BTC", "5m", indicator, (), trigger, event)
        values = columns(indicator, params, CLOSES[:200], VOLUMES[:200])
        fired = edges(row, CLOSES[:200], **values)
        assert fired, (indicator, trigger)
        assert all(b - a > 1 for a, b in itertools.pairwise(fired)), (indicator, trigger)
