"""Services in front of the market data backbone and the engine: what the screens call."""
