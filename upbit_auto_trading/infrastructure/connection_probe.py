"""Finds out how far an address can be reached: name, TCP, TLS. Opens nothing that stays open."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_ENCRYPTED: Final = frozenset({"https", "wss"})
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what was done, whether it worked, how long it took, what was found."""

    name: str
    ok: bool
    ms: float
    facts: dict[str, Any]


class ProbeFailedError(Exception):
    """A step that didn't work; `cause` is a code, `detail` the system's own words."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(f"{cause}: {detail}")
        self.cause = cause
        self.detail = detail


async def timed(name: str, work: Callable[[], Awaitable[dict[str, Any]]]) -> Step:
    """Do one step and measure it."""
    started = time.perf_counter()
    try:
        facts, ok = await work(), True
    except ProbeFailedError as error:
        facts, ok = {"cause": error.cause, "detail": error.detail}, False
    return Step(name, ok, (time.perf_counter() - started) * 1000, facts)


async def probe_address(
    url: str, patience_s: float = 5.0, ca_file: Path | None = None, *, label: str = ""
) -> list[Step]:
    """Look the name up, connect, and where the address says so shake hands over TLS.

    The first step that fails is the last. Names of steps are `dns`, `tcp` and `tls`, before them
    `label`.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
    steps = [await timed(f"{label}dns", lambda: _resolve(host, port, patience_s))]
    if steps[-1].ok:
        steps.append(await timed(f"{label}tcp", lambda: _connect(host, port, None, patience_s)))
    if steps[-1].ok and parts.scheme in _ENCRYPTED:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        steps.append(await timed(f"{label}tls", lambda: _connect(host, port, context, patience_s)))
    return steps


async def probe_endpoint(rest_url: str, ws_url: str, patience_s: float = 3.0) -> dict[str, Any]:
    """Probe both addresses of an exchange side by side; return plain data."""
    rest, socket_steps = await asyncio.gather(
        probe_address(rest_url, patience_s, label="rest_"),
        probe_address(ws_url, patience_s, label="websocket_"),
    )
    steps = [*rest, *socket_steps]
    return {"ok": all(step.ok for step in steps), "steps": [asdict(step) for step in steps]}


async def _resolve(host: str, port: int, patience_s: float) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(patience_s):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise ProbeFailedError("timeout", f"no answer within {patience_s:g} s") from None
    except OSError as error:
        raise ProbeFailedError("dns", str(error)) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    return {"host": host, "addresses": addresses}


async def _connect(
    host: str, port: int, context: ssl.SSLContext | None, patience_s: float
) -> dict[str, Any]:
    try:
        async with asyncio.timeout(patience_s):
            _reader, writer = await asyncio.open_connection(host, port, ssl=context)
    except TimeoutError:
        raise ProbeFailedError("timeout", f"no answer within {patience_s:g} s") from None
    except ssl.SSLCertVerificationError as error:
        raise ProbeFailedError("certificate", error.verify_message) from error
    except ssl.SSLError as error:
        raise ProbeFailedError("tls", str(error.reason or error)) from error
    except ConnectionRefusedError as error:
        raise ProbeFailedError("refused", f"nobody listens on {host}:{port}") from error
    except OSError as error:
        raise ProbeFailedError("unreachable", str(error)) from error
    try:
        peer = writer.get_extra_info("peername")
        facts: dict[str, Any] = {"address": str(peer[0]), "port": port}
        encrypted = writer.get_extra_info("ssl_object")
        if encrypted is not None:
            facts = {"version": encrypted.version(), **_certificate(encrypted.getpeercert())}
        return facts
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _certificate(told: dict[str, Any]) -> dict[str, Any]:
    end = told.get("notAfter")
    if not isinstance(end, str):
        return {}
    left_s = ssl.cert_time_to_seconds(end) - time.time()
    return {"certificate_days_left": round(left_s / _DAY_S)}
