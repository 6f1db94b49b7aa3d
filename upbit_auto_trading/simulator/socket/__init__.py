"""The WebSocket side: grammar, formats, feeds, and what was sent."""
