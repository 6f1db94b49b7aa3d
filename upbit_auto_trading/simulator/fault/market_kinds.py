"""Faults of markets: how one is listed, how it trades."""

from typing import Final

from upbit_auto_trading.simulator.fault.fault_kind import Argument, FaultKind
from upbit_auto_trading.simulator.fault.fault_scopes import SECONDS

MARKET_KINDS: Final = (
    FaultKind(
        "delist",
        "market",
        "Delist a market",
        "the market is gone from every list; its streams are silent, REST says 404",
        (22,),
        {"market": Argument("KRW-BTC", "the market"), "seconds": SECONDS},
    ),
    FaultKind(
        "delisting_notice",
        "market",
        "Announce a delisting",
        "tickers announce the market's end",
        (22,),
        {
            "market": Argument("KRW-BTC", "the market"),
            "date": Argument("2026-12-31", "last day, yyyy-MM-dd"),
            "seconds": SECONDS,
        },
    ),
    FaultKind(
        "caution",
        "market",
        "Flag a market",
        "the market's warning or caution flags are set",
        (31,),
        {
            "market": Argument("KRW-BTC", "the market"),
            "flag": Argument(
                "PRICE_FLUCTUATIONS",
                "which one",
                choices=(
                    *("WARNING", "PRICE_FLUCTUATIONS", "TRADING_VOLUME_SOARING"),
                    *("DEPOSIT_AMOUNT_SOARING", "GLOBAL_PRICE_DIFFERENCES"),
                    "CONCENTRATION_OF_SMALL_ACCOUNTS",
                ),
            ),
            "seconds": SECONDS,
        },
    ),
    FaultKind(
        "tick_change",
        "market",
        "Change the price unit",
        "the market trades at a coarser price unit: prices, books, order rules",
        (31,),
        {
            "market": Argument("KRW-BTC", "the market"),
            "factor": Argument(10, "times the true unit", low=2, high=1000),
            "seconds": SECONDS,
        },
    ),
    FaultKind(
        "halt",
        "market",
        "Halt a market",
        "trading in the market is suspended: no frames, orders answer market_offline",
        (31,),
        {"market": Argument("KRW-BTC", "the market"), "seconds": SECONDS},
    ),
    FaultKind(
        "maintenance",
        "market",
        "Maintenance",
        "streams freeze, quotation answers 503 in HTML, orders answer market_offline",
        (31,),
        {"seconds": SECONDS},
    ),
)
