"""A recorded session is read whole, or refused with the line that is wrong."""

import base64
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from upbit_auto_trading.simulator.market.tape import Print
from upbit_auto_trading.simulator.recording.session import RecordingError, read_session

SESSION = (
    Path(__file__).resolve().parents[3] / "payloads/recorded/ws_2021-04-17_simple_format.jsonl"
)
TRADE: dict[str, Any] = {
    "type": "trade",
    "code": "KRW-BTC",
    "trade_timestamp": 1_618_678_262_000,
    "trade_price": 127.0,
    "trade_volume": 1e-05,
    "ask_bid": "BID",
    "sequential_id": 1_618_678_262_000_003,
    "stream_type": "REALTIME",
}


def received(document: object, ts: float = 10.0) -> str:
    text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"))
    return json.dumps({"t": "recv", "ts": ts, "b64": base64.b64encode(text.encode()).decode()})


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "session.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_shipped_session_is_read_whole_and_in_order() -> None:
    session = read_session(SESSION)
    lines = [json.loads(line) for line in SESSION.read_text("utf-8").splitlines()]
    payloads = [base64.b64decode(line["b64"]) for line in lines if line["t"] == "recv"]
    assert len(session.frames) == len(payloads) == 449
    assert all(one.moment_ms <= two.moment_ms for one, two in pairwise(session.frames))
    for frame, payload in zip(session.frames, payloads, strict=True):
        simple = json.loads(payload)
        full = json.loads(frame.text)
        assert list(full.values())[:3] == list(simple.values())[:3]
        assert (frame.type, frame.market) == (simple["ty"], simple["cd"])
        assert frame.key == str(simple["sid" if frame.type == "trade" else "tms"])
    listed = {row.market: row.korean_name for row in session.listing}
    assert listed["KRW-BTC"] == "비트코인"
    assert {frame.market for frame in session.frames} <= set(listed)


def test_numbers_keep_the_spelling_they_were_received_in(tmp_path: Path) -> None:
    text = '{"ty":"trade","cd":"KRW-BTC","ttms":1618678262000,"tp":8.4E-7,"tv":1e-05,'
    text += '"ab":"ASK","sid":16186782620000001,"st":"REALTIME"}'
    (frame,) = read_session(written(tmp_path, received(text))).frames
    assert '"trade_price":8.4E-7,"trade_volume":1e-05,' in frame.text
    assert isinstance(frame.value, Print)
    assert frame.value.price == 8.4e-7


@pytest.mark.parametrize("body", [[TRADE], [TRADE, TRADE | {"sequential_id": 5}]])
def test_frames_of_the_list_formats_are_taken_apart(tmp_path: Path, body: list[Any]) -> None:
    frames = read_session(written(tmp_path, received(body))).frames
    assert [json.loads(frame.text) for frame in frames] == body


def test_what_isnt_played_is_left_out(tmp_path: Path) -> None:
    lines = ['{"t":"connect"}', "", received({"status": "UP"}), received(TRADE)]
    session = read_session(written(tmp_path, *lines))
    assert len(session.frames) == 1
    assert [row.market for row in session.listing] == ["KRW-BTC"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", 'not a JSON object with a "t"'),
        ('{"t":"recv","ts":"noon","b64":""}', '"ts" is not a time in seconds'),
        ('{"t":"recv","ts":11.0}', '"b64" is missing'),
        ('{"t":"recv","ts":11.0,"b64":"%%%"}', '"b64" is not a frame of text in base64'),
        (received("{", 11), "not JSON"),
        (received("5", 11), "the frame is no JSON object"),
        (received("[]x", 11), "not JSON"),
        (received(TRADE, ts=9), "received before the frame above it"),
        (received({"type": "trade", "code": "KRW-BTC"}, 11), "the trade has no trade_price"),
        (received(TRADE | {"trade_price": "dear"}, 11), "a value of the trade is of the wrong"),
        (received(TRADE | {"trade_price": None}, 11), "a value of the trade is of the wrong"),
        (received(TRADE | {"code": "?"}, 11), "the trade is of no market: '?'"),
        (received({"ty": "orderbook", "cd": "KRW-BTC", "obu": 1}, 11), "a value of the orderbook"),
        ('{"t":"http","url":"https://x/v1/market/all","data":"{}"}', "the list of markets is not"),
        ('{"t":"http","url":"https://x/v1/market/all","data":"[1]"}', "a row of the list of"),
    ],
)
def test_a_line_that_cant_be_played_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = written(tmp_path, '{"t":"header"}', received(TRADE), line)
    with pytest.raises(RecordingError) as caught:
        read_session(path)
    assert (caught.value.path, caught.value.line) == (path, 3)
    assert caught.value.reason.startswith(reason)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_isnt_there_or_holds_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        read_session(tmp_path / "nowhere")
    with pytest.raises(RecordingError, match="no frame of a trade or an order book"):
        read_session(written(tmp_path, '{"t":"header"}'))
    path = tmp_path / "binary"
    path.write_bytes(b'{"t":"header"}\n\xff\xfe')
    with pytest.raises(RecordingError, match="not UTF-8") as caught:
        read_session(path)
    assert caught.value.line == 2
