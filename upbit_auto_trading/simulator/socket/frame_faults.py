"""What faults make of a connection's data frames on their way out."""

import asyncio
import random
import re
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from upbit_auto_trading.simulator.fault.faults import ActiveFault, FaultBoard
from upbit_auto_trading.simulator.socket.frame_maker import REALTIME
from upbit_auto_trading.simulator.socket.ws_frame import Frame, TextFrame
from upbit_auto_trading.simulator.socket.ws_outbox import Outbox
from upbit_auto_trading.simulator.wire.ws_stream import Endpoint

_TIMES: Final = re.compile(rb'"((?:trade_|order_|asset_)?timestamp|tms|ttms|otms|asttms)":(\d{13})')
_NUMBER: Final = re.compile(rb'("(?:trade_price|tp|total_ask_size|tas)":)[-+.0-9E]+')
_OPTIONAL: Final = re.compile(
    rb'"(?:opening_price|op|best_ask_price|bap|best_bid_price|bbp|total_bid_size|tbs|level|lv|'
    rb'candle_acc_trade_volume|catv|acc_trade_price|atp)":[-+.0-9E]+'
)
_HUGE_BYTES: Final = 5_000_000
_NESTING: Final = 10_000
FRAME_FAULTS: Final = frozenset(
    {
        *("stall", "no_snapshot", "maintenance", "halt", "lose"),
        *("wrong_time", "malformed", "duplicate", "reorder"),
    }
)


class ShapedConnection(Protocol):
    """The connection whose frames are shaped."""

    @property
    def number(self) -> int: ...
    @property
    def endpoint(self) -> Endpoint: ...
    @property
    def outbox(self) -> Outbox: ...


class FrameShaper:
    """Applies the faults in force to one connection's frames, in a fixed order.

    Lost and stalled frames go first, then wrong times, damage, copies and reordering. Answers,
    errors and status frames are left alone.
    """

    def __init__(self, board: FaultBoard, connection: ShapedConnection) -> None:
        self._board = board
        self._connection = connection
        self._random = random.Random(connection.number)
        self._seen = 0
        self._held: list[Frame] = []
        self._release: asyncio.TimerHandle | None = None

    def fit(self) -> None:
        """Shape the connection's frames if a fault asks for it, else release what was held."""
        wanted = any(fault.name in FRAME_FAULTS for fault in self._board.active)
        self._connection.outbox.shape = self._shape if wanted else None
        if self._board.find("reorder") is None:
            self._let_go()

    def close(self) -> None:
        """Forget what is held. Harmless when repeated."""
        self._held.clear()
        if self._release is not None:
            self._release.cancel()
            self._release = None

    def _fault(self, name: str, frame: Frame) -> ActiveFault | None:
        return self._board.find(
            name,
            endpoint=self._connection.endpoint.value,
            connection=self._connection.number,
            market=frame.code,
            channel=frame.type,
        )

    def _shape(self, frame: Frame) -> Iterable[Frame]:
        if not frame.what[3]:
            return (frame,)
        if self._is_lost(frame):
            return ()
        shift = self._fault("wrong_time", frame)
        if shift is not None:
            frame = _shifted(frame, int(shift.number("shift_ms")))
        damage = self._fault("malformed", frame)
        if damage is not None:
            self._seen += 1
            if self._seen % int(damage.number("every")) == 0:
                frame = _DAMAGES[damage.text("kind")](frame)
        copies = self._fault("duplicate", frame)
        frames = [frame] * (1 if copies is None else int(copies.number("copies")))
        order = self._fault("reorder", frame)
        return frames if order is None else self._shuffled(frames, order)

    def _is_lost(self, frame: Frame) -> bool:
        if frame.code and self._board.find("maintenance"):
            return True
        if self._fault("stall", frame):
            return True
        if self._fault("halt" if frame.what[3] == REALTIME else "no_snapshot", frame):
            return True
        lose = self._fault("lose", frame)
        return lose is not None and self._random.random() < lose.number("share")

    def _shuffled(self, frames: list[Frame], order: ActiveFault) -> Iterable[Frame]:
        self._held += frames
        if len(self._held) >= order.number("window"):
            return self._taken()
        if self._release is None:
            loop = asyncio.get_running_loop()
            self._release = loop.call_later(order.number("hold_ms") / 1000, self._let_go)
        return ()

    def _let_go(self) -> None:
        self._connection.outbox.send(self._taken(), is_shaped=True)

    def _taken(self) -> list[Frame]:
        held = self._held
        self._held = []
        if self._release is not None:
            self._release.cancel()
            self._release = None
        self._random.shuffle(held)
        return held


def _shifted(frame: Frame, shift_ms: int) -> Frame:
    def replaced(match: re.Match[bytes]) -> bytes:
        return b'"%b":%d' % (match[1], int(match[2]) + shift_ms)

    return frame.with_payload(_TIMES.sub(replaced, frame.payload))


def _number(text: bytes) -> Callable[[Frame], Frame]:
    def damage(frame: Frame) -> Frame:
        return frame.with_payload(_NUMBER.sub(rb"\g<1>" + text, frame.payload))

    return damage


def _huge(frame: Frame) -> Frame:
    filler = b',"filler":"' + b"x" * _HUGE_BYTES + b'"'
    end = frame.payload.rfind(b"}")
    return frame.with_payload(frame.payload[:end] + filler + frame.payload[end:])


def _nested(frame: Frame) -> Frame:
    deep = b',"filler":' + b"[" * _NESTING + b"]" * _NESTING
    end = frame.payload.rfind(b"}")
    return frame.with_payload(frame.payload[:end] + deep + frame.payload[end:])


def _nulled(frame: Frame) -> Frame:
    payload = _OPTIONAL.sub(lambda match: match[0].partition(b":")[0] + b":null", frame.payload)
    return frame.with_payload(payload)


def _stripped(frame: Frame) -> Frame:
    return frame.with_payload(re.sub(_OPTIONAL.pattern + rb",?", b"", frame.payload))


_DAMAGES: Final[dict[str, Callable[[Frame], Frame]]] = {
    "truncated": lambda frame: frame.with_payload(frame.payload[: len(frame.payload) // 2]),
    "nan": _number(b"NaN"),
    "huge_number": _number(b"1e400"),
    "huge_frame": _huge,
    "nested": _nested,
    "invalid_utf8": lambda frame: frame.with_payload(
        frame.payload.replace(frame.code.encode(), b"\xff\xfe" + frame.code.encode(), 1)
    ),
    "null_fields": _nulled,
    "missing_fields": _stripped,
    "html": lambda frame: frame.with_payload(b"<html><body>502 Bad Gateway</body></html>"),
    "empty": lambda frame: frame.with_payload(b""),
    "text_frame": lambda frame: TextFrame(frame.payload, *frame.what),
}
