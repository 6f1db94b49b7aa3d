"""What one connection still has to send: bounded, in order, never waiting for the reader."""

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence

from upbit_auto_trading.simulator.fault.tcp_reset import reset_transport
from upbit_auto_trading.simulator.socket.link import Link, PathQuality
from upbit_auto_trading.simulator.socket.sent_log import SentLog
from upbit_auto_trading.simulator.socket.ws_frame import Deflater, Frame, close_frame, pong_frame

Shape = Callable[[Frame], Iterable[Frame]]


class Outbox:
    """Writes frames of one connection to its transport and records them.

    A reader too slow to keep its backlog under `limit` bytes is cut off without a close frame.
    `shape`, when set, replaces each data frame by what a fault makes of it; while `is_mute`
    nothing at all leaves, not even pongs.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        connection: int,
        log: SentLog,
        wall_ms: Callable[[], int],
        *,
        quality: PathQuality,
        deflater: Deflater | None = None,
        limit: int,
    ) -> None:
        self._transport = transport
        self._connection = connection
        self._log = log
        self._wall_ms = wall_ms
        self._deflater = deflater
        self._limit = limit
        self.link: Link[bytes] = Link(self._write, quality, random.Random(connection))
        self.shape: Shape | None = None
        self.is_mute = False
        self.sent = 0
        self.last_sent_s = 0.0
        self._loop = asyncio.get_running_loop()

    @property
    def backlog(self) -> int:
        """Bytes not yet taken by the operating system."""
        if self._transport.is_closing():
            return 0
        return self._transport.get_write_buffer_size() + self.link.queued_bytes

    def send(self, frames: Sequence[Frame], *, is_shaped: bool = False) -> None:
        """Send data frames in order, all in one write; shape them unless they already are."""
        if self.is_mute or self._transport.is_closing():
            return
        shape = self.shape
        if shape is not None and not is_shaped:
            frames = [shaped for frame in frames for shaped in shape(frame)]
        if not frames:
            return
        wall_ms = self._wall_ms()
        deflater = self._deflater
        sequence = self.sent
        for frame in frames:
            sequence += 1
            self._log.add(self._connection, sequence, frame.what, wall_ms)
        self.sent = sequence
        if deflater is None:
            data = b"".join([frame.wire for frame in frames])
        else:
            data = b"".join([deflater.wire(frame) for frame in frames])
        self._push(data)

    def pong(self, payload: bytes) -> None:
        """Answer a ping."""
        self._push(pong_frame(payload))

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame after everything before it."""
        self._push(close_frame(code, reason))

    def _push(self, data: bytes) -> None:
        if self.is_mute:
            return
        self.last_sent_s = self._loop.time()
        self.link.push(data, len(data))
        if self.backlog > self._limit:
            self.link.close()
            self._transport.abort()

    def cut(self) -> None:
        """End the connection in order, without a close frame. Harmless when repeated."""
        self._transport.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        reset_transport(self._transport)

    def _write(self, data: bytes) -> None:
        if not self.is_mute and not self._transport.is_closing():
            self._transport.write(data)
