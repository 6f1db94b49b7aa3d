from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.timeframe import (
    TIMEFRAMES,
    InvalidTimeframeError,
    from_epoch_ms,
    parse_timeframe,
    to_epoch_ms,
)

moments_ms = st.integers(min_value=0, max_value=4_102_444_800_000)
timeframes = st.sampled_from(sorted(TIMEFRAMES.values(), key=lambda t: t.code))


def test_an_unknown_timeframe_names_what_there_is() -> None:
    with pytest.raises(InvalidTimeframeError, match=r"'2m'.*1s, 1m, 3m"):
        parse_timeframe("2m")


@pytest.mark.parametrize(
    ("code", "channel"),
    [("1s", "candle.1s"), ("1m", "candle.1m"), ("1h", "candle.60m"), ("4h", "candle.240m")],
)
def test_a_timeframe_knows_its_stream(code: str, channel: str) -> None:
    assert parse_timeframe(code).websocket_channel == channel


@pytest.mark.parametrize("code", ["1d", "1w", "1M", "1y"])
def test_long_timeframes_have_no_stream(code: str) -> None:
    assert parse_timeframe(code).websocket_channel is None


@pytest.mark.parametrize(
    ("code", "start"),
    [
        ("1m", datetime(2026, 11, 23, 5, 12, tzinfo=UTC)),
        ("1h", datetime(2026, 11, 23, 5, tzinfo=UTC)),
        ("4h", datetime(2026, 11, 23, 4, tzinfo=UTC)),
        ("1d", datetime(2026, 11, 23, tzinfo=UTC)),
        ("1w", datetime(2026, 11, 23, tzinfo=UTC)),
        ("1M", datetime(2026, 11, 1, tzinfo=UTC)),
        ("1y", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_candles_start_where_upbit_starts_them(code: str, start: datetime) -> None:
    seoul = timezone(timedelta(hours=9))
    moment = datetime(2026, 11, 23, 14, 12, 31, 5000, tzinfo=seoul)
    assert parse_timeframe(code).start_of(moment) == start


@given(timeframe=timeframes, moment_ms=moments_ms)
def test_every_moment_lies_in_exactly_one_candle(timeframe: object, moment_ms: int) -> None:
    frame = parse_timeframe(str(timeframe))
    start_ms = frame.start_of_ms(moment_ms)
    end_ms = frame.next_start_ms(start_ms)
    assert start_ms <= moment_ms < end_ms
    assert frame.start_of_ms(start_ms) == start_ms
    assert frame.start_of_ms(end_ms) == end_ms
    assert end_ms - start_ms <= frame.seconds * 1000


@given(moment_ms=moments_ms, timeframe=timeframes)
def test_moments_and_milliseconds_agree(moment_ms: int, timeframe: object) -> None:
    frame = parse_timeframe(str(timeframe))
    moment = from_epoch_ms(moment_ms)
    assert to_epoch_ms(moment) == moment_ms
    assert to_epoch_ms(frame.start_of(moment)) == frame.start_of_ms(moment_ms)
