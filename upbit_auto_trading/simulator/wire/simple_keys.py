"""Upbit's abbreviated keys of the SIMPLE formats, per stream type."""

import re
from collections.abc import Mapping
from typing import Any, Final

_TICKER: Final = {
    "type": "ty",
    "code": "cd",
    "opening_price": "op",
    "high_price": "hp",
    "low_price": "lp",
    "trade_price": "tp",
    "prev_closing_price": "pcp",
    "change": "c",
    "change_price": "cp",
    "signed_change_price": "scp",
    "change_rate": "cr",
    "signed_change_rate": "scr",
    "trade_volume": "tv",
    "acc_trade_volume": "atv",
    "acc_trade_volume_24h": "atv24h",
    "acc_trade_price": "atp",
    "acc_trade_price_24h": "atp24h",
    "trade_date": "tdt",
    "trade_time": "ttm",
    "trade_timestamp": "ttms",
    "ask_bid": "ab",
    "acc_ask_volume": "aav",
    "acc_bid_volume": "abv",
    "highest_52_week_price": "h52wp",
    "highest_52_week_date": "h52wdt",
    "lowest_52_week_price": "l52wp",
    "lowest_52_week_date": "l52wdt",
    "market_state": "ms",
    "is_trading_suspended": "its",
    "delisting_date": "dd",
    "market_warning": "mw",
    "timestamp": "tms",
    "stream_type": "st",
}
_TRADE: Final = {
    "type": "ty",
    "code": "cd",
    "trade_price": "tp",
    "trade_volume": "tv",
    "ask_bid": "ab",
    "prev_closing_price": "pcp",
    "change": "c",
    "change_price": "cp",
    "trade_date": "td",
    "trade_time": "ttm",
    "trade_timestamp": "ttms",
    "timestamp": "tms",
    "sequential_id": "sid",
    "best_ask_price": "bap",
    "best_ask_size": "bas",
    "best_bid_price": "bbp",
    "best_bid_size": "bbs",
    "stream_type": "st",
}
_ORDERBOOK: Final = {
    "type": "ty",
    "code": "cd",
    "total_ask_size": "tas",
    "total_bid_size": "tbs",
    "orderbook_units": "obu",
    "ask_price": "ap",
    "bid_price": "bp",
    "ask_size": "as",
    "bid_size": "bs",
    "timestamp": "tms",
    "level": "lv",
    "stream_type": "st",
}
_CANDLE: Final = {
    "type": "ty",
    "code": "cd",
    "candle_date_time_utc": "cdttmu",
    "candle_date_time_kst": "cdttmk",
    "opening_price": "op",
    "high_price": "hp",
    "low_price": "lp",
    "trade_price": "tp",
    "candle_acc_trade_volume": "catv",
    "candle_acc_trade_price": "catp",
    "timestamp": "tms",
    "stream_type": "st",
}
_MY_ORDER: Final = {
    "type": "ty",
    "code": "cd",
    "uuid": "uid",
    "ask_bid": "ab",
    "order_type": "ot",
    "state": "s",
    "trade_uuid": "tuid",
    "price": "p",
    "avg_price": "ap",
    "volume": "v",
    "remaining_volume": "rv",
    "executed_volume": "ev",
    "trades_count": "tc",
    "reserved_fee": "rsf",
    "remaining_fee": "rmf",
    "paid_fee": "pf",
    "locked": "l",
    "executed_funds": "ef",
    "time_in_force": "tif",
    "trade_fee": "tf",
    "is_maker": "im",
    "identifier": "id",
    "smp_type": "smpt",
    "prevented_volume": "pv",
    "prevented_locked": "pl",
    "trade_timestamp": "ttms",
    "order_timestamp": "otms",
    "timestamp": "tms",
    "stream_type": "st",
}
_MY_ASSET: Final = {
    "type": "ty",
    "asset_uuid": "astuid",
    "assets": "ast",
    "currency": "cu",
    "balance": "b",
    "locked": "l",
    "asset_timestamp": "asttms",
    "timestamp": "tms",
    "stream_type": "st",
}
_ANNOUNCEMENT: Final = {
    "type": "ty",
    "event_type": "et",
    "uuid": "uid",
    "title": "tt",
    "category": "cat",
    "url": "url",
    "first_listed_at": "flat",
    "listed_at": "lat",
    "timestamp": "tms",
    "stream_type": "st",
    "body": "bd",
}
_LIST: Final = {
    "method": "mthd",
    "result": "rslt",
    "type": "ty",
    "codes": "cds",
    "level": "lv",
    "ticket": "tckt",
}
_INDICATOR: Final = {
    "type": "ty",
    "code": "cd",
    "timeframe": "tf",
    "indicator": "ind",
    "params": "p",
    "trigger": "tr",
    "event_params": "ep",
    "value": "v",
    "candle_date_time_utc": "cdttmu",
    "timestamp": "tms",
    "stream_type": "st",
}
_INDICATOR_INNER: Final[dict[str, dict[str, str]]] = {
    "params": {
        "period": "p",
        "type": "t",
        "short_period": "shp",
        "long_period": "lop",
        "multiplier": "m",
        "fast": "f",
        "slow": "s",
        "signal_period": "sgp",
    },
    "event_params": {"threshold": "th", "multiplier": "mul"},
    "value": {
        "volume": "vol",
        "avg_volume": "av",
        "ratio": "rto",
        "rsi": "rsi",
        "value": "value",
        "ma_short": "mas",
        "ma_long": "mal",
        "bb_upper": "bbu",
        "bb_middle": "bbm",
        "bb_lower": "bbl",
        "macd": "macd",
        "macd_signal": "macds",
        "histogram": "hist",
    },
}
SIMPLE_KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "ticker": _TICKER,
    "trade": _TRADE,
    "orderbook": _ORDERBOOK,
    "candle": _CANDLE,
    "myOrder": _MY_ORDER,
    "myAsset": _MY_ASSET,
    "announcement": _ANNOUNCEMENT,
    "LIST_SUBSCRIPTIONS": _LIST,
    "indicator": _INDICATOR,
    "indicator_signal": _INDICATOR,
}


def simplified(document: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return `document`, a frame of type `kind` in full spelling, with abbreviated keys.

    Where Upbit names no abbreviation the full spelling stays.
    """
    keys = SIMPLE_KEYS[kind.partition(".")[0]]
    return {keys.get(key, key): _inner(value, key, keys) for key, value in document.items()}


def _inner(value: Any, key: str, keys: Mapping[str, str]) -> Any:
    if keys is _LIST and key == "indicators":
        return value
    if isinstance(value, list | tuple):
        return [_inner(item, key, keys) for item in value]
    if isinstance(value, Mapping):
        inner = _INDICATOR_INNER.get(key, {}) if keys is _INDICATOR else keys
        return {inner.get(name, name): _inner(item, name, keys) for name, item in value.items()}
    return value


def respelled(text: str, kind: str) -> str:
    """Return the JSON text of a frame of type `kind` with abbreviated keys, else unchanged."""
    keys = SIMPLE_KEYS[kind.partition(".")[0]]
    return _KEY.sub(lambda match: f'"{keys.get(match[1], match[1])}":', text)


def in_full(text: str, kind: str) -> str:
    """Return the JSON text of a frame of type `kind` with keys in full, else unchanged."""
    keys = {short: full for full, short in SIMPLE_KEYS[kind.partition(".")[0]].items()}
    return _KEY.sub(lambda match: f'"{keys.get(match[1], match[1])}":', text)


_KEY: Final = re.compile(r'"(\w+)":')
