"""A data frame on its way to clients: encoded once, shared by every subscriber."""

import struct
import zlib
from typing import Final

_FIN_TEXT: Final = 0x81
_FIN_BINARY: Final = 0x82
_FIN_PONG: Final = 0x8A
_FIN_CLOSE: Final = 0x88
_DEFLATED: Final = 0x40
_DEFLATE_TAIL: Final = b"\x00\x00\xff\xff"


def frame_header(first_byte: int, length: int) -> bytes:
    """Return the header of an unmasked frame (RFC 6455 §5.2)."""
    if length < 126:
        return struct.pack("!BB", first_byte, length)
    if length < 65536:
        return struct.pack("!BBH", first_byte, 126, length)
    return struct.pack("!BBQ", first_byte, 127, length)


def pong_frame(payload: bytes) -> bytes:
    """Return the answer to a ping with that payload."""
    return frame_header(_FIN_PONG, len(payload)) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a close frame."""
    payload = struct.pack("!H", code) + reason.encode()[:123]
    return frame_header(_FIN_CLOSE, len(payload)) + payload


class Frame:
    """A binary data frame.

    `what` is (type, code, key, delivery) for the log of sent frames.
    """

    __slots__ = ("_wire", "payload", "what")
    FIRST_BYTE = _FIN_BINARY

    def __init__(
        self, payload: bytes, type_: str, code: str = "", key: str = "", delivery: str = ""
    ) -> None:
        self.payload = payload
        self.what = (type_, code, key, delivery)
        self._wire: bytes | None = None

    @property
    def wire(self) -> bytes:
        """The whole frame, uncompressed, as it goes to the socket."""
        if self._wire is None:
            self._wire = frame_header(self.FIRST_BYTE, len(self.payload)) + self.payload
        return self._wire

    @property
    def type(self) -> str:
        """The stream type, or what kind of answer this is."""
        return self.what[0]

    @property
    def code(self) -> str:
        """The market, empty for answers."""
        return self.what[1]

    def as_delivery(self, delivery: str) -> "Frame":
        """Return the same frame sent as `SNAPSHOT` instead of `REALTIME`."""
        type_, code, key, before = self.what
        payload = self.payload.replace(f'"{before}"'.encode(), f'"{delivery}"'.encode())
        return Frame(payload, type_, code, key, delivery)

    def with_payload(self, payload: bytes) -> "Frame":
        """Return the same frame with other bytes in it."""
        return Frame(payload, *self.what)


class TextFrame(Frame):
    """A frame sent as text, which Upbit never does with data."""

    __slots__ = ()
    FIRST_BYTE = _FIN_TEXT


class Deflater:
    """permessage-deflate for one connection's outgoing frames (RFC 7692)."""

    def __init__(self, window_bits: int, *, keeps_context: bool) -> None:
        self._window_bits = window_bits
        self._keeps_context = keeps_context
        self._compressor = self._fresh()

    def _fresh(self) -> "zlib._Compress":
        return zlib.compressobj(1, zlib.DEFLATED, -self._window_bits)

    def wire(self, frame: Frame) -> bytes:
        """Return the frame compressed; must be called in the order of sending."""
        if not self._keeps_context:
            self._compressor = self._fresh()
        data = self._compressor.compress(frame.payload)
        data = (data + self._compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_DEFLATE_TAIL)
        return frame_header(frame.FIRST_BYTE | _DEFLATED, len(data)) + data
