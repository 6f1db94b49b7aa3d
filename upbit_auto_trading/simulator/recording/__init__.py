"""A recorded WebSocket session as the exchange's market: its frames, and the rest made of them."""
