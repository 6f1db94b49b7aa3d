"""Query parameters of the quotation API: what is accepted, cut or refused."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from upbit_auto_trading.domain.timeframe import to_epoch_ms
from upbit_auto_trading.simulator.wire.rest_errors import bad_request

_MOMENT: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?"
)
_WHOLE: Final = re.compile(r"[-+]?[0-9]{1,19}", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,2})?", re.ASCII)
_TIME_OF_DAY: Final = re.compile(r"(\d{2}):?(\d{2}):?(\d{2})")


class QueryParameters:
    """The parameters of one request; a name may occur more than once."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a value that must be there unless there is a `default`.

        Raises:
            QuotationError: missing.
        """
        value = self._values.get(name, [""])[0]
        if value:
            return value
        if default is None:
            raise bad_request("missing")
        return default

    def count(self, default: int, highest: int) -> int:
        """Return `count`; more than `highest` is silently cut.

        Raises:
            QuotationError: not a whole number, or less than 1.
        """
        count = self.whole("count")
        if count is None:
            return default
        if count < 1:
            raise bad_request("invalid")
        return min(count, highest)

    def whole(self, name: str) -> int | None:
        """Return a whole number, None when it isn't given.

        Raises:
            QuotationError: not a whole number.
        """
        text = self.text(name, "")
        if not text:
            return None
        if _WHOLE.fullmatch(text) is None:
            raise bad_request("mismatch")
        return int(text)

    def number(self, name: str) -> float:
        """Return a decimal number, 0 when it isn't given.

        Raises:
            QuotationError: not a number.
        """
        text = self.text(name, "0")
        if _DECIMAL.fullmatch(text) is None:
            raise bad_request("mismatch")
        number = float(text)
        return int(number) if number.is_integer() else number

    def flag(self, *names: str) -> bool:
        """Return a `true`/`false` value given under any of the names, else false.

        Raises:
            QuotationError: another word.
        """
        for name in names:
            text = self.text(name, "").lower()
            if text in ("true", "false"):
                return text == "true"
            if text:
                raise bad_request("mismatch")
        return False

    def codes(self, name: str) -> Sequence[str]:
        """Return upper-case codes of a comma list, also when the parameter is repeated.

        Raises:
            QuotationError: missing.
        """
        parts = [
            part.strip().upper()
            for value in self._values.get(name, [])
            for part in value.split(",")
        ]
        codes = [part for part in parts if part]
        if not codes:
            raise bad_request("missing")
        return list(dict.fromkeys(codes))

    def moment_ms(self, name: str) -> int | None:
        """Return an instant in epoch ms, None when it isn't given; without a zone it is UTC.

        Raises:
            QuotationError: not one of the accepted forms.
        """
        text = self.text(name, "")
        if not text:
            return None
        match = _MOMENT.fullmatch(text)
        if match is None:
            raise bad_request("invalid")
        date, time, fraction, zone = match.groups()
        try:
            moment = datetime.fromisoformat(f"{date}T{time}{zone or '+00:00'}")
            return to_epoch_ms(moment.astimezone(UTC)) + int((fraction or "0").ljust(3, "0")[:3])
        except (ValueError, OverflowError):
            raise bad_request("invalid") from None

    def time_of_day_ms(self, name: str) -> int | None:
        """Return `HHmmss` or `HH:mm:ss` as ms of the day, None when it isn't given.

        Raises:
            QuotationError: not a time of day.
        """
        text = self.text(name, "")
        if not text:
            return None
        match = _TIME_OF_DAY.fullmatch(text)
        if match is None:
            raise bad_request("invalid")
        hours, minutes, seconds = map(int, match.groups())
        if hours > 23 or minutes > 59 or seconds > 59:
            raise bad_request("invalid")
        return ((hours * 60 + minutes) * 60 + seconds) * 1000
