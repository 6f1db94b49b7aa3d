"""A WebSocket reader that looks at nothing but frame lengths: it tells how fast a server sends."""

import base64
import secrets
import socket
import ssl
import time
import urllib.parse
from typing import Final

_AT_ONCE: Final = 1 << 20
_SILENCE_S: Final = 2.0


class FrameCounter:
    """Counts frames in a server's bytes, however they are cut."""

    def __init__(self) -> None:
        self.frames = 0
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        data = self._rest + data
        at, end = 0, len(data)
        while end - at >= 2:
            length, head = data[at + 1] & 0x7F, 2
            if length >= 126:
                head = 4 if length == 126 else 10
                if end - at < head:
                    break
                length = int.from_bytes(data[at + 2 : at + head], "big")
            if end - at < head + length:
                break
            at += head + length
            self.frames += 1
        self._rest = data[at:]


def frames_per_s(ws_url: str, request: str, count: int) -> float:
    """Return the rate of the first `count` frames after `request`, or of all until silence."""
    counter = FrameCounter()
    with upgraded(ws_url) as reader:
        reader.sendall(text_frame(request))
        reader.settimeout(_SILENCE_S)
        counter.feed(reader.recv(_AT_ONCE))
        first = counter.frames
        started = last = time.perf_counter()
        try:
            while counter.frames < count and (data := reader.recv(_AT_ONCE)):
                counter.feed(data)
                last = time.perf_counter()
        except TimeoutError:
            pass  # it has no more to send
    return (counter.frames - first) / (last - started) if last > started else 0.0


def upgraded(ws_url: str) -> socket.socket:
    """Return a socket upgraded to WebSocket, without compression."""
    parts = urllib.parse.urlsplit(ws_url)
    host = parts.hostname or ""
    is_tls = parts.scheme == "wss"
    reader = socket.create_connection((host, parts.port or (443 if is_tls else 80)), 10)
    if is_tls:
        reader = ssl.create_default_context().wrap_socket(reader, server_hostname=host)
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    reader.sendall(
        f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        byte = reader.recv(1)
        if not byte:
            raise SystemExit(f"{ws_url} closed the connection during the handshake")
        answer += byte
    if not answer.startswith(b"HTTP/1.1 101"):
        raise SystemExit(f"{ws_url} answered {answer.splitlines()[0].decode()}")
    return reader


def text_frame(text: str) -> bytes:
    """Return a client's text frame; its mask is zero, which the protocol allows."""
    data = text.encode()
    size = len(data)
    if size < 126:
        head = bytes([0x81, 0x80 | size])
    elif size < 65536:
        head = b"\x81\xfe" + size.to_bytes(2, "big")
    else:
        head = b"\x81\xff" + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + data
