"""How numbers, sums, times and ages read on screen."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Final

from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.money import exact, tick_size
from upbit_auto_trading.domain.timeframe import Timeframe, TimeframeUnit, from_epoch_ms
from upbit_auto_trading.presentation.i18n import _, language

KST: Final = timezone(timedelta(hours=9), "KST")
MINUS: Final = "\u2212"
NOTHING: Final = "—"
_MAN: Final = 10_000
_EOK: Final = 100_000_000
_JO: Final = 1_000_000_000_000


def decimals_of(market: str, price: float) -> int:
    """How many decimals the market's price step at `price` has."""
    digits = exact(price).normalize()
    return _decimals(market, digits.adjusted(), digits.as_tuple().digits[0])


@lru_cache(maxsize=4096)
def _decimals(market: str, magnitude: int, leading: int) -> int:
    step = tick_size(market, Decimal(leading).scaleb(magnitude))
    exponent = step.normalize().as_tuple().exponent
    return max(0, -int(exponent))


def price(market: str, value: float) -> str:
    """A price with its market's decimals: `142,009,000`, `258.3`; never rounded to them."""
    decimals = decimals_of(market, value)
    while decimals < 8 and round(value, decimals) != value:
        decimals += 1
    return number(value, decimals)


def number(value: float, decimals: int) -> str:
    """A number with thousands' commas and a true minus; what rounds to zero has none."""
    text = f"{value:,.{decimals}f}"
    return _true_minus(text) if any(digit in text for digit in "123456789") else text.lstrip("-")


def price_unit(market: str) -> str:
    """What follows a price: `원` for won markets, the currency's code otherwise."""
    quote = quote_of(market)
    return _("KRW") if quote == "KRW" else quote


def unit_behind(quote: str) -> str:
    """What is written right behind a sum: `원` as Koreans do, else the unit after a space."""
    if quote != "KRW":
        return f" {quote}"
    return _("KRW") if language() == "ko" else " " + _("KRW")


def signed_price(market: str, difference: float, near: float) -> str:
    """A difference of prices with its sign and the decimals prices near `near` have."""
    text = number(abs(difference), decimals_of(market, near))
    if not any(digit in text for digit in "123456789"):
        return text
    return f"{'+' if difference > 0 else MINUS}{text}"


def percent(fraction: float) -> str:
    """A signed percentage with two decimals: `+1.24%`, `−0.43%`, `0.00%`."""
    text = f"{fraction * 100:+.2f}%"
    return text[1:] if text[1:] == "0.00%" else _true_minus(text)


def arrow(difference: float) -> str:
    """The sign a change is marked with besides its colour."""
    if difference > 0:
        return "▲"
    return "▼" if difference < 0 else "—"


def direction(difference: float) -> str:
    """The colour token of a change."""
    if difference > 0:
        return "up"
    return "down" if difference < 0 else "even"


def turnover(market: str, value: float) -> str:
    """A sum in the quote currency, shortened: `4,831억`, `483.1B`, `12.3 BTC`."""
    quote = quote_of(market)
    if quote == "KRW":
        return large_won(value)
    if quote == "BTC":
        return f"{value:,.3f}"
    return _shortened_english(value)


def exact_turnover(market: str, value: float) -> str:
    """A sum in the quote currency, whole won or to the currency's smallest useful decimals."""
    return number(value, {"KRW": 0, "BTC": 8}.get(quote_of(market), 2))


def large_won(value: float) -> str:
    """A sum of won: `1.2조`, `4,831억`, `3,450만` in Korean; `1.2T`, `483.1B` in English."""
    if language() != "ko":
        return _shortened_english(value)
    size = abs(value)
    if size >= _JO:
        text = f"{value / _JO:,.1f}조"
    elif size >= 10 * _EOK:
        text = f"{value / _EOK:,.0f}억"
    elif size >= _EOK:
        text = f"{value / _EOK:,.1f}억"
    elif size >= _MAN:
        text = f"{value / _MAN:,.0f}만"
    else:
        text = f"{value:,.0f}"
    return _true_minus(text)


def quantity(value: float) -> str:
    """An amount of coins: four significant decimals at most, fewer for large amounts."""
    size = abs(value)
    if size >= 100_000:
        return _shortened_english(value)
    decimals = 0 if size >= 1000 else 1 if size >= 100 else 3 if size >= 1 else 4
    return number(value, decimals)


def age(seconds: float | None) -> str:
    """How old a value is: `0.1초 전`, `42초 전`, `3분 전`; a dash while there is none."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return _("{n:.1f} s ago").format(n=max(0.0, seconds))
    if seconds < 120:
        return _("{n:.0f} s ago").format(n=seconds)
    if seconds < 7200:
        return _("{n:.0f} min ago").format(n=seconds / 60)
    return _("{n:.0f} h ago").format(n=seconds / 3600)


def clock(now: datetime) -> str:
    """An aware moment as `HH:mm:ss` in KST."""
    return now.astimezone(KST).strftime("%H:%M:%S")


def moment(exchange_ms: int) -> str:
    """A moment to the millisecond in KST and UTC, for explanations."""
    utc = from_epoch_ms(exchange_ms)
    kst = utc.astimezone(KST)
    milliseconds = f"{exchange_ms % 1000:03d}"
    return f"{kst:%H:%M:%S}.{milliseconds} KST ({utc:%H:%M:%S}.{milliseconds} UTC)"


def minute_of(exchange_ms: int) -> str:
    """A moment of the day to the minute, KST: `14:31`."""
    return from_epoch_ms(exchange_ms).astimezone(KST).strftime("%H:%M")


def candle_time(start_ms: int, timeframe: Timeframe) -> str:
    """When a candle starts, KST: `14:31` within the day, the date for longer candles."""
    start = from_epoch_ms(start_ms).astimezone(KST)
    return start.strftime(_time_form(timeframe) if is_intraday(timeframe) else "%Y-%m-%d")


def full_candle_time(start_ms: int, timeframe: Timeframe) -> str:
    """When a candle starts with its date, KST: `11/23 13:56`."""
    start = from_epoch_ms(start_ms).astimezone(KST)
    form = f"%m/%d {_time_form(timeframe)}"
    return start.strftime(form if is_intraday(timeframe) else "%Y-%m-%d")


def countdown(seconds: float) -> str:
    """Time left until a candle closes: `00:53`, `03:12:09`, `5d 03h`."""
    left = max(0, int(seconds))
    if left >= 86_400:
        return _("{days}d {hours:02d}h").format(days=left // 86_400, hours=left % 86_400 // 3600)
    minutes, rest = divmod(left, 60)
    if minutes < 60:
        return f"{minutes:02d}:{rest:02d}"
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"


def timeframe_name(timeframe: Timeframe) -> str:
    """`1분`, `1시간`, `일` in Korean; the code in English."""
    n = timeframe.count
    if timeframe.unit is TimeframeUnit.SECOND:
        return _("{n}s").format(n=n)
    if timeframe.unit is TimeframeUnit.MINUTE:
        return _("{n}h").format(n=n // 60) if n >= 60 else _("{n}m").format(n=n)
    return {
        TimeframeUnit.DAY: _("D"),
        TimeframeUnit.WEEK: _("W"),
        TimeframeUnit.MONTH: _("M"),
        TimeframeUnit.YEAR: _("Y"),
    }[timeframe.unit]


def is_intraday(timeframe: Timeframe) -> bool:
    """Whether candles are shorter than a day."""
    return timeframe.unit in (TimeframeUnit.SECOND, TimeframeUnit.MINUTE)


def _time_form(timeframe: Timeframe) -> str:
    return "%H:%M:%S" if timeframe.unit is TimeframeUnit.SECOND else "%H:%M"


def _shortened_english(value: float) -> str:
    size = abs(value)
    for unit, name in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if size >= unit:
            return _true_minus(f"{value / unit:,.1f}{name}")
    return _true_minus(f"{value:,.2f}" if size < 100 else f"{value:,.0f}")


def _true_minus(text: str) -> str:
    return text.replace("-", MINUS)


def byte_size(size: int) -> str:
    """A size on disk: `640 B`, `12.3 KB`, `1.2 GB`, thousands being 1000."""
    value = float(size)
    for unit in ("B", "KB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} GB"
