"""Arguments many faults share: how long they last, whom and what they hit."""

from typing import Final

from upbit_auto_trading.simulator.fault.fault_kind import Argument

SECONDS: Final = Argument(0.0, "ends by itself after so long; 0 lasts until cleared", unit="s")
COUNT: Final = Argument(0, "ends after acting so often; 0 lasts until cleared", high=1e6)
ENDPOINT: Final = Argument("", "only this endpoint", choices=("", "public", "private", "info"))
CONNECTION: Final = Argument(0, "only this connection's number; 0 means all")
MARKET: Final = Argument("", "only this market")
CHANNELS: Final = (
    *("ticker", "trade", "orderbook"),
    *(f"candle.{unit}" for unit in ("1s", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "240m")),
    *("myOrder", "myAsset", "announcement", "indicator", "indicator_signal"),
)
REST_GROUPS: Final = (
    *("market", "candles", "crix-trades", "ticker", "orderbook"),
    *("default", "order", "order-test", "order-cancel-all"),
)
CHANNEL: Final = Argument("", "only this stream type", choices=("", *CHANNELS))
GROUP: Final = Argument(
    "", "only this rate group, as named in Remaining-Req", choices=("", *REST_GROUPS)
)
TARGET: Final = Argument("all", "what it hits", choices=("all", "ws", "rest"))
SOCKET: Final = {"endpoint": ENDPOINT, "connection": CONNECTION}
FRAMES: Final = {**SOCKET, "market": MARKET, "channel": CHANNEL, "seconds": SECONDS}
REQUESTS: Final = {"group": GROUP, "seconds": SECONDS, "count": COUNT}
