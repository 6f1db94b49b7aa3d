"""The desktop program as a person starts it, from outside."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_PAUSE = threading.Event()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def smoke(self) -> dict[str, Any]:
        """The one line of JSON."""
        lines = self.out.strip().splitlines()
        assert len(lines) == 1, f"expected one line, got {self.out!r} and {self.err!r}"
        told: dict[str, Any] = json.loads(lines[0])
        return told


class DesktopProgram:
    """`run_desktop_ui.py` in a child process with its own data folder."""

    def __init__(
        self, data_dir: Path, *arguments: str, environment: Mapping[str, str | None] | None = None
    ) -> None:
        variables = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONFAULTHANDLER": "1"}
        for name, value in (environment or {}).items():
            if value is None:
                variables.pop(name, None)
            else:
                variables[name] = value
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "run_desktop_ui.py"),
                "--data-dir",
                str(data_dir),
                *arguments,
            ],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, within_s: float = 60.0) -> Ended:
        """Wait until it ends."""
        try:
            out, err = self.process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            raise AssertionError(f"still running after {within_s} s: {out} {err}") from None
        return Ended(self.process.returncode, out, err)


def run(
    data_dir: Path, *arguments: str, environment: Mapping[str, str | None] | None = None
) -> Ended:
    """Run the program to its end."""
    return DesktopProgram(data_dir, *arguments, environment=environment).end()


def wait_until(condition: Callable[[], bool], what: str, within_s: float = 60.0) -> None:
    """Ask `condition` again and again until it holds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {within_s} s"
        _PAUSE.wait(0.02)
