"""Adapters: Upbit, the market data backbone, storage, logging."""
