"""The simulated exchange: a program of its own that speaks Upbit's protocol."""
