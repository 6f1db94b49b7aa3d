"""Upbit's protocol: its limits, messages, errors and the two clients."""
