"""Market data, always connected in truth: one socket, REST behind it, and what proves both."""

from upbit_auto_trading.infrastructure.market_data_backbone.backbone import (
    MarketDataBackbone,
    Subscription,
)
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy

__all__ = ["MarketDataBackbone", "Policy", "Subscription"]
