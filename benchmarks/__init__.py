"""One module per figure: `python -m benchmarks.NAME [--json]`."""
