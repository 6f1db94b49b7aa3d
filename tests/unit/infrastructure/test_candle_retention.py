"""Minute candles older than the limit go, with the claim that they are known."""

from pathlib import Path

import pytest

from tests.builders import START_MS, candle
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.infrastructure.candle_retention import FILE_NAME, CandleRetention
from upbit_auto_trading.infrastructure.persistence.candle_store import CandleStore

MINUTE_MS = 60_000
HOUR_MS = 3_600_000


async def test_old_minutes_go_and_longer_candles_stay(tmp_path: Path) -> None:
    minute, hour = parse_timeframe("1m"), parse_timeframe("1h")
    starts = [START_MS // HOUR_MS * HOUR_MS + n * MINUTE_MS for n in range(120)]
    begin, end = starts[0], starts[-1] + MINUTE_MS
    store = CandleStore(tmp_path / FILE_NAME)
    store.put("KRW-BTC", minute, [candle(start_ms=ms) for ms in starts], begin, end)
    hours = [candle(start_ms=begin + n * HOUR_MS, timeframe="1h") for n in range(2)]
    store.put("KRW-BTC", hour, hours, begin, end)
    cut = starts[90]
    assert await CandleRetention(tmp_path).forget_minutes(cut) == 90
    assert await CandleRetention(tmp_path).forget_minutes(cut) == 0
    rows = store._database.execute(
        "SELECT timeframe, min(start_ms), count(*) FROM candle GROUP BY 1"
    )
    assert rows.fetchall() == [("1h", begin, 2), ("1m", cut, 30)]
    known = store._database.execute("SELECT timeframe, from_ms, to_ms FROM coverage").fetchall()
    assert known == [("1h", begin, end), ("1m", cut, end)]
    store.close()


async def test_a_folder_without_candles_has_nothing_to_drop(tmp_path: Path) -> None:
    assert await CandleRetention(tmp_path).forget_minutes(START_MS) == 0
    (tmp_path / FILE_NAME).touch()
    assert await CandleRetention(tmp_path).forget_minutes(START_MS) == 0


async def test_a_broken_file_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"broken" * 1000)
    with pytest.raises(LedgerError) as caught:
        await CandleRetention(tmp_path).forget_minutes(START_MS)
    assert caught.value.code == "corrupt"
