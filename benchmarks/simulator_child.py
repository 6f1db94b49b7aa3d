"""The simulated exchange as a child process of a benchmark."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def simulator(*options: str) -> Iterator[tuple[str, str]]:
    """Run it and give its REST and WebSocket addresses."""
    with subprocess.Popen(
        [sys.executable, "-m", "upbit_auto_trading", "simulator", "--port", "0", *options],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            ready = json.loads(process.stdout.readline() if process.stdout else "{}")
            yield ready["rest"], ready["ws"]
        finally:
            process.terminate()
