"""Why market data couldn't be had: one error type per cause, facts as attributes."""

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

from upbit_auto_trading.domain.stream import Stream


class FailureCause(StrEnum):
    """The codes failures are counted and worded by."""

    NOT_CONNECTED = "not_connected"
    SUBSCRIBE_FAILED = "subscribe_failed"
    NO_DATA_IN_TIME = "no_data_in_time"
    RATE_LIMITED = "rate_limited"
    BANNED = "banned"
    BAD_DATA = "bad_data"
    UNKNOWN_MARKET = "unknown_market"
    UNKNOWN_LEVEL = "unknown_level"
    IMPOSSIBLE_COUNT = "impossible_count"
    SERVER_ERROR = "server_error"
    REFUSED = "refused"
    NOT_UPBIT = "not_upbit"


class MarketDataError(Exception):
    """Market data was asked for and can't be had; `cause` says why."""

    cause: ClassVar[FailureCause]


class NotConnectedError(MarketDataError):
    """The endpoint can't be reached. `detail` is a code: `dns`, `refused`, `tls`, `timeout`, …."""

    cause = FailureCause.NOT_CONNECTED

    def __init__(self, endpoint: str, detail: str) -> None:
        super().__init__(f"{endpoint} can't be reached: {detail}")
        self.endpoint = endpoint
        self.detail = detail


class SubscribeFailedError(MarketDataError):
    """Upbit answered the subscription with an error frame named `name`."""

    cause = FailureCause.SUBSCRIBE_FAILED

    def __init__(self, streams: Iterable[Stream], name: str) -> None:
        self.streams = frozenset(streams)
        self.name = name
        super().__init__(f"the subscription of {len(self.streams)} streams was refused: {name}")


class NoDataInTimeError(MarketDataError):
    """Nothing arrived within `waited_s`; the request may still be answered later."""

    cause = FailureCause.NO_DATA_IN_TIME

    def __init__(self, what: str, waited_s: float) -> None:
        super().__init__(f"no answer for {what} within {waited_s:.2f} s")
        self.what = what
        self.waited_s = waited_s


class RateLimitedError(MarketDataError):
    """The budget of `group` is spent; it opens again after `retry_after_s`."""

    cause = FailureCause.RATE_LIMITED

    def __init__(self, group: str, retry_after_s: float) -> None:
        super().__init__(f"group {group} is limited for {retry_after_s:.2f} s")
        self.group = group
        self.retry_after_s = retry_after_s


class BannedError(RateLimitedError):
    """Upbit blocked the group (HTTP 418) for `retry_after_s` more seconds."""

    cause = FailureCause.BANNED


class BadDataError(MarketDataError):
    """What arrived isn't what Upbit promises. `reason` is a code, `where` the request."""

    cause = FailureCause.BAD_DATA

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class NotUpbitError(MarketDataError):
    """Something else answered in Upbit's place: a captive portal, a proxy, a wrong address."""

    cause = FailureCause.NOT_UPBIT

    def __init__(self, where: str, status: int, content_type: str) -> None:
        super().__init__(f"{where} answered {status} {content_type}, which isn't Upbit's")
        self.where = where
        self.status = status
        self.content_type = content_type


class UnknownMarketError(MarketDataError):
    """Upbit doesn't list these markets."""

    cause = FailureCause.UNKNOWN_MARKET

    def __init__(self, markets: Iterable[str]) -> None:
        self.markets = frozenset(markets)
        super().__init__(f"Upbit doesn't list {', '.join(sorted(self.markets))}")


class UnknownLevelError(MarketDataError):
    """Upbit doesn't group the books of these streams by their level at the present price."""

    cause = FailureCause.UNKNOWN_LEVEL

    def __init__(self, streams: Iterable[Stream]) -> None:
        self.streams = frozenset(streams)
        super().__init__(f"Upbit doesn't offer {', '.join(map(str, sorted(self.streams)))}")


class ImpossibleCountError(MarketDataError):
    """Nobody can give that many values."""

    cause = FailureCause.IMPOSSIBLE_COUNT

    def __init__(self, count: int, highest: int) -> None:
        super().__init__(f"{count} isn't between 1 and {highest}")
        self.count = count
        self.highest = highest


class ServerFailedError(MarketDataError):
    """Upbit answered with an error of its own, HTTP `status` 500 and above."""

    cause = FailureCause.SERVER_ERROR

    def __init__(self, where: str, status: int) -> None:
        super().__init__(f"{where} answered {status}")
        self.where = where
        self.status = status


class RequestRefusedError(MarketDataError):
    """Upbit refused the request: HTTP `status` and the error's `name`."""

    cause = FailureCause.REFUSED

    def __init__(self, where: str, status: int, name: str) -> None:
        super().__init__(f"{where} was refused with {status} {name}")
        self.where = where
        self.status = status
        self.name = name
