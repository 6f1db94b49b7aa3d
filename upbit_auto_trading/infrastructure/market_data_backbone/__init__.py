"""Chooses the channel per request, keeps the subscription, falls back and recovers."""
