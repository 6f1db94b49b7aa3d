"""Recordings served by the running program: a session frame by frame, candles one by one."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.sync.client import ClientConnection, connect

from tests.simulator_process import ROOT, SimulatorProcess
from upbit_auto_trading.simulator.recording.session import read_session

Start = Callable[..., SimulatorProcess]
FILE = ROOT / "tests/payloads/recorded/ws_2021-04-17_simple_format.jsonl"
SESSION = read_session(FILE)
CODES = sorted({frame.market for frame in SESSION.frames})


def fetched(simulator: SimulatorProcess, path: str) -> Any:
    answer = requests.get(simulator.rest_url + path, timeout=10)
    answer.raise_for_status()
    return answer.json()


def opened(simulator: SimulatorProcess) -> ClientConnection:
    return connect(simulator.ws_url, compression=None, proxy=None, max_queue=None)


def asked(wire_format: str, *types: str, **flags: bool) -> str:
    entries = [{"type": kind, "codes": CODES, **flags} for kind in types]
    return json.dumps([{"ticket": "t"}, *entries, {"format": wire_format}])


def taken(ws: ClientConnection, count: int) -> list[Any]:
    return [json.loads(ws.recv(20, decode=False)) for _ in range(count)]


@pytest.mark.parametrize(("speed", "wire_format"), [("1000", "SIMPLE"), ("20", "DEFAULT")])
def test_a_session_is_played_frame_by_frame_as_it_was_received(
    simulator_process: Start, speed: str, wire_format: str
) -> None:
    simulator = simulator_process("--replay", str(FILE), "--speed", speed)
    with opened(simulator) as ws:
        ws.send(asked(wire_format, "trade", "orderbook", is_only_realtime=True))
        played = taken(ws, len(SESSION.frames))
    if wire_format == "DEFAULT":
        assert played == [json.loads(frame.text) for frame in SESSION.frames]
    else:
        keys = [(row["ty"], row["cd"], str(row.get("sid", row["tms"]))) for row in played]
        assert keys == [(frame.type, frame.market, frame.key) for frame in SESSION.frames]


def test_only_what_is_subscribed_is_played_and_rest_agrees_with_it(
    simulator_process: Start,
) -> None:
    simulator = simulator_process("--replay", str(FILE), "--speed", "1000")
    listed = fetched(simulator, "/v1/market/all")
    assert [row["market"] for row in listed] == [row.market for row in SESSION.listing]
    assert fetched(simulator, "/simulator/scenarios") == []
    refused = requests.post(
        f"{simulator.rest_url}/simulator/scenario", json={"name": "crash"}, timeout=10
    )
    assert refused.status_code == 400
    assert "there are none in a recorded session" in refused.json()["error"]
    with opened(simulator) as ws:
        ask = [{"ticket": "t"}, {"type": "trade", "codes": ["KRW-LAMB"]}]
        ws.send(json.dumps(ask))
        trades = [f for f in SESSION.frames if (f.type, f.market) == ("trade", "KRW-LAMB")]
        played = taken(ws, len(trades))
        assert [row["sequential_id"] for row in played] == [int(frame.key) for frame in trades]
        ws.send(json.dumps([{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}]))
        (told,) = taken(ws, 1)
        assert told["result"] == [{"type": "trade", "codes": ["KRW-LAMB"]}]
        # The session is over: a new subscription gets the newest of each, and a made ticker.
        ws.send(asked("JSON_LIST", "trade", "orderbook", "ticker", is_only_snapshot=True))
        traded = {frame.market for frame in SESSION.frames if frame.type == "trade"}
        booked = {frame.market for frame in SESSION.frames if frame.type == "orderbook"}
        rows = [row for (row,) in taken(ws, len(traded) * 2 + len(booked))]
    assert {row["stream_type"] for row in rows} == {"SNAPSHOT"}
    newest = {row["code"]: row for row in rows if row["type"] == "trade"}
    tickers = {row["code"]: row["trade_price"] for row in rows if row["type"] == "ticker"}
    assert tickers == {code: row["trade_price"] for code, row in newest.items()}
    ticks = fetched(simulator, "/v1/trades/ticks?market=KRW-LAMB&count=3")
    assert [row["sequential_id"] for row in ticks] == [int(f.key) for f in trades[-3:][::-1]]
    older = fetched(
        simulator, f"/v1/trades/ticks?market=KRW-LAMB&count=3&cursor={ticks[-1]['sequential_id']}"
    )
    assert [row["sequential_id"] for row in older] == [int(f.key) for f in trades[-6:-3][::-1]]
    (candle,) = fetched(simulator, "/v1/candles/days?market=KRW-LAMB")
    assert candle["trade_price"] == tickers["KRW-LAMB"]


def test_every_connection_is_at_the_same_moment_of_the_session(simulator_process: Start) -> None:
    # Slow enough that a busy machine connects a second time before the session is over.
    simulator = simulator_process("--replay", str(FILE), "--speed", "2")
    with opened(simulator) as first, opened(simulator) as second:
        first.send(asked("DEFAULT", "trade", "orderbook"))
        whole = taken(first, 30)
        second.send(asked("DEFAULT", "trade", "orderbook", is_only_realtime=True))
        tail = taken(second, 15)
        while tail[-1] not in whole:
            whole += taken(first, 1)
    left = whole.index(tail[0])
    assert left >= 30
    assert tail == whole[left : left + 15]


@pytest.mark.parametrize(
    ("text", "line"), [('{"t":"header"}\nnonsense\n', 2), ('{"t":"recv","ts":1}\n', 1)]
)
def test_a_file_that_cant_be_played_is_one_clear_line_and_exit_2(
    tmp_path: Path, text: str, line: int
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "upbit_auto_trading", "simulator", "--replay", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"simulator: --replay {path}:{line}: ")
    assert ended.stderr.count("\n") == 1


def test_recorded_candles_are_served_as_they_were_one_minute_after_the_other(
    simulator_process: Start,
) -> None:
    recorded = [
        row
        for name in ("170000-20200220_202000", "202000-20200220_210000")
        for row in json.loads(
            (ROOT / f"tests/payloads/recorded/upbit_1m_20200220_{name}.json").read_text("utf-8")
        )
    ]
    recorded.sort(key=lambda row: str(row["candle_date_time_utc"]))
    fields = ("opening_price", "high_price", "low_price", "trade_price", "candle_acc_trade_volume")
    wanted = [tuple(row[field] for field in fields) for row in recorded]
    simulator = simulator_process("--scenario", "recorded", "--speed", "1000", "--markets", "1")
    with connect(simulator.ws_url, compression=None, proxy=None, max_queue=None) as ws:
        ask = [{"ticket": "t"}, {"type": "trade", "codes": ["KRW-BTC"], "isOnlyRealtime": True}]
        ws.send(json.dumps(ask))
        begin = json.loads(ws.recv(20, decode=False))["trade_timestamp"]
        while json.loads(ws.recv(20, decode=False))["trade_timestamp"] < begin + 60 * 60_000:
            pass
    # Of the hour that is over, however much later it is by now.
    to = datetime.fromtimestamp(begin // 1000 + 59 * 60, UTC).strftime("%Y-%m-%dT%H:%M:00")
    path = f"/v1/candles/minutes/1?market=KRW-BTC&count=200&to={to}"
    served = [tuple(row[field] for field in fields) for row in fetched(simulator, path)][::-1]
    place = served.index(wanted[0])
    assert len(served) - place >= 50
    assert served[place:] == wanted[: len(served) - place]
