"""When to connect again, and what a failed or lost connection means. Sans-I/O."""

import random
from enum import StrEnum

from upbit_auto_trading.infrastructure.upbit.rate_limit import SlidingWindow
from upbit_auto_trading.infrastructure.upbit.timings import Timings


class LossCause(StrEnum):
    """Why there is no usable connection."""

    CLOSED_BY_SERVER = "closed_by_server"
    RESET = "reset"
    PONG_MISSING = "pong_missing"
    CLOCK_JUMP = "clock_jump"
    DATA_STALLED = "data_stalled"
    FRAME_TOO_LARGE = "frame_too_large"
    REPLACED = "replaced"
    DNS = "dns"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_WRONG_HOST = "certificate_wrong_host"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    TLS = "tls"
    RATE_LIMITED = "rate_limited"
    BANNED = "banned"
    FORBIDDEN = "forbidden"
    SERVER_ERROR = "server_error"
    NOT_UPBIT = "not_upbit"
    BAD_ADDRESS = "bad_address"
    UNREACHABLE = "unreachable"


_DETAILS = {
    "certificate_expired": LossCause.CERTIFICATE_EXPIRED,
    "certificate_wrong_host": LossCause.CERTIFICATE_WRONG_HOST,
    "certificate_untrusted": LossCause.CERTIFICATE_UNTRUSTED,
    "tls": LossCause.TLS,
    "dns": LossCause.DNS,
    "refused": LossCause.REFUSED,
    "timeout": LossCause.TIMEOUT,
    "reset": LossCause.RESET,
}

_NOT_BY_ITSELF = frozenset(
    {
        LossCause.CERTIFICATE_EXPIRED,
        LossCause.CERTIFICATE_WRONG_HOST,
        LossCause.CERTIFICATE_UNTRUSTED,
        LossCause.FORBIDDEN,
        LossCause.BAD_ADDRESS,
    }
)
"""What doesn't mend itself soon: tried again seldom."""


def cause_of_detail(detail: str) -> LossCause:
    """Return the cause for a transport's detail code."""
    return _DETAILS.get(detail, LossCause.UNREACHABLE)


def cause_of_status(status: int) -> LossCause:
    """Return the cause for a handshake answered with HTTP `status` instead of 101."""
    if status == 429:
        return LossCause.RATE_LIMITED
    if status == 418:
        return LossCause.BANNED
    if status in (401, 403):
        return LossCause.FORBIDDEN
    if status >= 500:
        return LossCause.SERVER_ERROR
    return LossCause.NOT_UPBIT


class ReconnectPlan:
    """How long to wait before the next attempt.

    The first attempt after a loss goes at once, the following ones after a random part of
    0.5 s · 1.6ⁿ, at most 15 s (full jitter). A connection that didn't last counts as a failed
    attempt. Above that, connects stay within 2 a second and 20 a minute
    for each of the two sockets.
    """

    def __init__(self, timings: Timings, source: random.Random) -> None:
        self._timings = timings
        self._random = source
        self._second = SlidingWindow(2, 1.0 * timings.backoff_first / 0.5)
        self._minute = SlidingWindow(20, 60.0 * timings.backoff_first / 0.5)
        self.attempts = 0

    def attempted(self, now: float) -> None:
        """Note that a connect is being tried."""
        self._second.add(now)
        self._minute.add(now)

    def lost(self, lasted_s: float) -> None:
        """Note that an open connection was lost after `lasted_s`."""
        self.attempts = 0 if lasted_s >= self._timings.lasting_connection else self.attempts + 1

    def failed(self) -> None:
        """Note that no connection came about."""
        self.attempts += 1

    def delay(self, cause: LossCause | None, now: float, blocked_s: float = 0.0) -> float:
        """Return the seconds until the next attempt, given why the last one ended."""
        timings = self._timings
        wait = 0.0
        if self.attempts:
            highest = timings.backoff_highest
            if cause is LossCause.DNS:
                highest = min(highest, timings.dns_highest)
            span = min(highest, timings.backoff_first * 1.6 ** min(self.attempts - 1, 20))
            wait = self._random.uniform(0.0, span)
        if cause is LossCause.RATE_LIMITED:
            wait = max(wait, timings.refused_delay)
        if cause in _NOT_BY_ITSELF:
            wait = max(wait, timings.untrusted_delay)
        budget = max(self._second.ready_at(now), self._minute.ready_at(now)) - now
        return max(wait, budget, blocked_s)
