"""What an HTTP answer or a failed attempt means. Sans-I/O."""

import re
from typing import Final

from upbit_auto_trading.domain.failure import (
    BadDataError,
    MarketDataError,
    NotUpbitError,
    RequestRefusedError,
    ServerFailedError,
    UnknownMarketError,
)
from upbit_auto_trading.infrastructure.upbit.decode_rest import error_name_of

CERTIFICATE: Final = ("certificate_expired", "certificate_wrong_host", "certificate_untrusted")
TOO_MANY: Final = 429
BLOCKED: Final = 418
_LONGEST_BAN_S: Final = 24 * 3600.0
_SECONDS: Final = re.compile(
    r"(\d+(?:\.\d+)?)\s*(ms|s\b|sec|seconds?|초|m\b|min|minutes?|분)", re.IGNORECASE
)


def failure_of(
    where: str, status: int, content_type: str, body: bytes, markets: tuple[str, ...]
) -> MarketDataError | None:
    """Return what is wrong with an answer; None for a JSON answer with status 200.

    429 and 418 are the limiter's and not handled here.
    """
    is_json = "json" in content_type.lower() or body[:1] in (b"[", b"{")
    if status >= 500:
        return ServerFailedError(where, status)
    if status == 200 and is_json:
        return None
    name = error_name_of(body) if status >= 400 and is_json else None
    if name is None:
        is_strange = status < 400 or "html" in content_type.lower()
        if is_strange:
            return NotUpbitError(where, status, content_type)
        return BadDataError(where, f"status_{status}")
    if status == 404 and name == "404" and markets:
        return UnknownMarketError(markets)
    return RequestRefusedError(where, status, name)


def ban_seconds(retry_after: str | None, body: bytes, default: float) -> float:
    """Return how long a 418 blocks us: its header, else the time in its text, else `default`.

    Upbit documents neither form, so a plausible number with a unit is looked for.
    """
    if retry_after is not None:
        try:
            return min(_LONGEST_BAN_S, max(1.0, float(retry_after)))
        except ValueError:
            pass
    match = _SECONDS.search(body[:2000].decode("utf-8", "replace"))
    if match is None:
        return default
    unit = match[2].lower()
    scale = 0.001 if unit == "ms" else 60.0 if unit[0] in "m분" else 1.0
    return min(_LONGEST_BAN_S, max(1.0, float(match[1]) * scale))


def transport_detail(error: BaseException) -> str:
    """Return a code for why a connection failed, looking through the wrapped causes."""
    text = " ".join(_chain(error)).lower()
    for code, signs in _SIGNS:
        if any(sign in text for sign in signs):
            return code
    return "unreachable"


_SIGNS: Final = (
    ("certificate_expired", ("certificate has expired", "certificate is not yet valid")),
    ("certificate_wrong_host", ("hostname mismatch", "ip address mismatch", "doesn't match")),
    ("certificate_untrusted", ("certificate", "sslcertverification")),
    ("tls", ("ssl", "tls")),
    ("dns", ("nameresolution", "getaddrinfo", "gaierror", "name or service", "nodename")),
    ("refused", ("refused",)),
    ("timeout", ("timeout", "timed out")),
    ("reset", ("reset", "aborted", "remotedisconnected", "broken pipe", "incomplete")),
    ("no_route", ("unreachable", "no route")),
)


def _chain(error: BaseException) -> list[str]:
    texts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(texts) < 12:
        texts += [type(seen).__name__, str(seen)]
        seen = seen.__cause__ or seen.__context__
    return texts
