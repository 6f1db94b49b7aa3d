"""What the simulated exchange lists: Upbit's own markets, as recorded, and how each one trades.

Codes, names, prices, ranges and turnovers come from recorded answers. A listed base without a
recorded price trades at one drawn from its code. Its BTC and USDT markets follow its price in won.
"""

import json
from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from typing import Any, Final

from upbit_auto_trading.domain.market import base_of, quote_of
from upbit_auto_trading.domain.market_minutes import TradingStyle
from upbit_auto_trading.domain.price_grid import E8
from upbit_auto_trading.domain.seeded_noise import stream_key, uniform
from upbit_auto_trading.resources import resource_path

CAUTIONS: Final = (
    "PRICE_FLUCTUATIONS",
    "TRADING_VOLUME_SOARING",
    "DEPOSIT_AMOUNT_SOARING",
    "GLOBAL_PRICE_DIFFERENCES",
    "CONCENTRATION_OF_SMALL_ACCOUNTS",
)
_NEW_BASE: Final = "DEBUT"
_PEGGED: Final = frozenset({"USDT", "USDC", "USDE", "USD1", "DAI", "TUSD", "PAX"})
_MINUTES_A_DAY: Final = 1440
_DAY_RANGE_TO_SIGMA: Final = 1 / 1.6
_USUAL_SIGMA: Final = 0.035
_PEGGED_SIGMA: Final = 0.003
_WARNED_SHARE: Final = 18 / 855
_CAUTIONED_SHARE: Final = 233 / 855
_MOST_LOTS_A_DAY: Final = 15 * 10**15


@dataclass(frozen=True, slots=True)
class ListedMarket:
    """A market of the simulated exchange.

    `base_price_krw` anchors its base at the moment of the recording; `day_sigma` is the base's
    usual daily move in log price; `book_changes` is how often its book changes, per second.
    """

    market: str
    korean_name: str
    english_name: str
    warning: bool
    cautions: frozenset[str]
    base_price_krw: float
    day_sigma: float
    pegged: bool
    style: TradingStyle
    book_changes: float

    @property
    def quote(self) -> str:
        """The quote currency."""
        return quote_of(self.market)

    @property
    def base(self) -> str:
        """The base currency."""
        return base_of(self.market)


@dataclass(frozen=True, slots=True)
class _BaseFigures:
    price_krw: float
    turnover_krw: float
    day_sigma: float
    pegged: bool


@cache
def _recorded() -> dict[str, Any]:
    with resource_path("simulator", "listing.json").open(encoding="utf-8") as file:
        recorded: dict[str, Any] = json.load(file)
    return recorded


def recorded_minute() -> int:
    """Return the epoch minute at which prices are about the recorded ones."""
    return int(_recorded()["recorded_ms"]) // 60_000


@cache
def load_listing(markets: int | None = None) -> tuple[ListedMarket, ...]:
    """Return the listed markets in Upbit's order, or the first `markets` of them.

    KRW-BTC is always among them.
    """
    codes = [f"{quote}-{base}" for quote, bases in _recorded()["bases"].items() for base in bases]
    if markets is not None and markets < len(codes):
        codes = codes[: max(1, markets)]
        if "KRW-BTC" not in codes:
            codes[-1] = "KRW-BTC"
    return tuple(_listed(code) for code in codes)


def new_listing(listed: Container[str]) -> str:
    """Return the code of a won market that isn't listed: a real one where some were left out."""
    codes = (f"KRW-{base}" for base in _recorded()["bases"]["KRW"])
    invented = (f"KRW-{_NEW_BASE}{number or ''}" for number in count())
    return next(code for code in chain(codes, invented) if code not in listed)


def listed_market(code: str) -> ListedMarket:
    """Return what a market is like, listed or not; one of unknown bases is drawn from its code."""
    return _listed(code)


@cache
def base_figures(base: str) -> _BaseFigures:
    """Return price in won, daily turnover and daily move of a base."""
    pegged = base in _PEGGED
    row = _recorded()["tickers"].get(base)
    if row is None:
        key = stream_key("unrecorded", base)
        price = 10.0 ** (1.0 + 2.5 * uniform(key, 0))
        if pegged:
            price = float(_recorded()["tickers"]["USDT"][0])
        turnover = 10.0 ** (8.0 + 1.0 * uniform(key, 1))
        return _BaseFigures(price, turnover, _PEGGED_SIGMA if pegged else 0.045, pegged)
    price, turnover, high, low = (float(value) for value in row[:4])
    sigma = min(0.09, max(0.012, (high / low - 1.0) * _DAY_RANGE_TO_SIGMA))
    sigma = (sigma * _USUAL_SIGMA) ** 0.5
    return _BaseFigures(price, turnover, _PEGGED_SIGMA if pegged else sigma, pegged)


def _listed(market: str) -> ListedMarket:
    quote, base = quote_of(market), base_of(market)
    recorded = _recorded()
    korean, english = recorded["names"].get(base, (base, base))
    figures = base_figures(base)
    quote_krw = 1.0 if quote == "KRW" else base_figures(quote).price_krw
    key = stream_key("listed", market)
    share = {"KRW": 1.0, "USDT": 0.004, "BTC": 0.0006}[quote]
    turnover = max(figures.turnover_krw * share, 400_000.0)
    mean_total = (1_080_000.0 if quote == "KRW" else 90_000.0) * (turnover / 1e9) ** 0.08
    trades = max(turnover / mean_total / _MINUTES_A_DAY, 2.0 / _MINUTES_A_DAY)
    sigma = figures.day_sigma
    if quote == "BTC" and base != quote:
        sigma = (sigma**2 + base_figures("BTC").day_sigma ** 2) ** 0.5
    price = figures.price_krw / quote_krw
    style = TradingStyle(
        trades=trades,
        trade_total=mean_total / quote_krw,
        volatility=sigma / _MINUTES_A_DAY**0.5,
        lots=_lots(trades * _MINUTES_A_DAY * mean_total / quote_krw / price),
    )
    return ListedMarket(
        market,
        korean,
        english,
        warning=uniform(stream_key("warning", base), 0) < _WARNED_SHARE,
        cautions=_cautions(base),
        base_price_krw=figures.price_krw,
        day_sigma=figures.day_sigma,
        pegged=figures.pegged,
        style=style,
        book_changes=recorded["book_changes_per_s"].get(
            market, _book_changes(quote, figures.turnover_krw, uniform(key, 1), uniform(key, 2))
        ),
    )


def _cautions(base: str) -> frozenset[str]:
    key = stream_key("caution", base)
    if uniform(key, 0) >= _CAUTIONED_SHARE:
        return frozenset()
    count = 1 + (uniform(key, 1) < 0.15)
    return frozenset(CAUTIONS[int(uniform(key, 2 + place) * 5)] for place in range(count))


def _book_changes(quote: str, turnover_krw: float, silent: float, spread: float) -> float:
    """Return book changes a second: measured were ≈ 0.93 a market, a fifth silent for 40 s."""
    still = {"KRW": 0.08, "USDT": 0.29, "BTC": 0.48}[quote]
    if silent < still:
        return 0.004 + 0.012 * spread
    usual = {"KRW": 1.52, "USDT": 1.2, "BTC": 0.92}[quote]
    size: float = (turnover_krw / 1e9) ** 0.25
    return min(8.5, usual * size * (0.4 + 1.2 * spread))


def _lots(day_volume: float) -> int:
    """Return the lots of one coin, at most 1e8, that keep a year of volume within 64 bits."""
    lots = E8
    while day_volume * lots > _MOST_LOTS_A_DAY and lots > 1:
        lots //= 10
    return lots
