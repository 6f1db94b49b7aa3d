"""The simulated exchange as a child process of a benchmark, which it doesn't outlive."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def simulator(*options: str) -> Iterator[tuple[str, str]]:
    """Run it and give its REST and WebSocket addresses."""
    command = [sys.executable, "-m", "upbit_auto_trading", "simulator", "--port", "0"]
    with subprocess.Popen(
        [*command, "--exit-with-parent", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            ready = json.loads(process.stdout.readline() if process.stdout else "{}")
            yield ready["rest"], ready["ws"]
        finally:
            process.terminate()
