"""What faults make of single frames, of every endpoint."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from upbit_auto_trading.simulator.fault.faults import FaultBoard
from upbit_auto_trading.simulator.socket.frame_faults import FrameShaper
from upbit_auto_trading.simulator.socket.ws_frame import Frame
from upbit_auto_trading.simulator.wire.ws_stream import Endpoint

NOW_MS = 1_787_731_683_000


def shaped(frame: Frame, fault: str, **arguments: object) -> list[Frame]:
    """Return what a connection sends in place of a frame while the fault is in force."""
    board = FaultBoard(lambda *_: pytest.fail("no fault here ends by itself"))
    board.set(fault, arguments)
    outbox: Any = SimpleNamespace(shape=None, send=lambda *_, **__: None)
    connection: Any = SimpleNamespace(number=1, endpoint=Endpoint.PRIVATE, outbox=outbox)
    FrameShaper(board, connection).fit()
    return list(outbox.shape(frame))


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("myOrder", ["trade_timestamp", "order_timestamp", "timestamp"]),
        ("myOrder", ["ttms", "otms", "tms"]),
        ("myAsset", ["asset_timestamp", "timestamp"]),
        ("myAsset", ["asttms", "tms"]),
        ("trade", ["timestamp", "trade_timestamp"]),
    ],
)
def test_every_timestamp_of_a_frame_is_shifted(kind: str, keys: list[str]) -> None:
    payload = json.dumps(dict.fromkeys(keys, NOW_MS), separators=(",", ":")).encode()
    frame = Frame(payload, kind, "" if kind == "myAsset" else "KRW-BTC", "1", "REALTIME")
    (ours,) = shaped(frame, "wrong_time", shift_ms=-3_600_000)
    assert json.loads(ours.payload) == dict.fromkeys(keys, NOW_MS - 3_600_000)


@pytest.mark.parametrize("fault", ["stall", "lose", "duplicate", "malformed"])
def test_answers_errors_and_status_frames_are_left_alone(fault: str) -> None:
    arguments = {"share": 1} if fault == "lose" else {}
    frame = Frame(b'{"status":"UP"}', "status")
    assert shaped(frame, fault, **arguments) == [frame]


@pytest.mark.parametrize("market", ["", "KRW-BTC"])
def test_a_fault_of_one_market_spares_frames_of_none(market: str) -> None:
    frame = Frame(b"{}", "myAsset", "", "1", "REALTIME")
    assert shaped(frame, "stall", market=market) == ([frame] if market else [])
