"""Market values, strategy semantics and pure rules: no I/O, no clock, no asyncio, no Qt."""
