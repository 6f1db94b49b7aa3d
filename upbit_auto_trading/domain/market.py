"""Markets: codes with the quote currency first, and what the exchange lists about each."""

import re
from dataclasses import dataclass, field

_CODE = re.compile(r"[A-Z0-9]{2,10}-[A-Z0-9]{1,20}")


class InvalidMarketError(ValueError):
    """A market code that can't exist on Upbit."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not a market code such as KRW-BTC")
        self.text = text


def parse_market(text: str) -> str:
    """Return the market code in `text` in upper case.

    Raises:
        InvalidMarketError: the text isn't of the form QUOTE-BASE.
    """
    code = text.strip().upper()
    if _CODE.fullmatch(code) is None:
        raise InvalidMarketError(text)
    return code


def quote_of(market: str) -> str:
    """Return the quote currency: `KRW` of `KRW-BTC`."""
    return market.partition("-")[0]


def base_of(market: str) -> str:
    """Return the base currency: `BTC` of `KRW-BTC`."""
    return market.partition("-")[2]


@dataclass(frozen=True, slots=True)
class MarketInfo:
    """One row of Upbit's market list.

    `cautions` holds the names of the caution flags that are set, as Upbit spells them
    (`PRICE_FLUCTUATIONS`, `TRADING_VOLUME_SOARING`, `DEPOSIT_AMOUNT_SOARING`,
    `GLOBAL_PRICE_DIFFERENCES`, `CONCENTRATION_OF_SMALL_ACCOUNTS`).
    """

    market: str
    korean_name: str
    english_name: str
    warning: bool = False
    cautions: frozenset[str] = field(default_factory=frozenset)

    @property
    def quote(self) -> str:
        """The quote currency."""
        return quote_of(self.market)

    @property
    def base(self) -> str:
        """The base currency."""
        return base_of(self.market)
