"""A screen of its own for a test that needs a real window: Xvfb with a window manager."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

PROGRAMS = ("Xvfb", "openbox", "xdotool")
READY_S = 20.0
SIZE = "1700x1100x24"


class VirtualDisplay:
    """Xvfb and openbox, from the moment windows are managed until the test ends."""

    def __init__(self) -> None:
        missing = [name for name in PROGRAMS if shutil.which(name) is None]
        if missing:
            raise RuntimeError(f"{', '.join(missing)} missing: python launch.py test installs them")
        reading, writing = os.pipe()
        try:
            self._server = subprocess.Popen(
                # Without -noreset the display begins anew whenever its last client leaves, under
                # a manager that is just starting.
                [
                    *("Xvfb", "-displayfd", str(writing), "-screen", "0", SIZE),
                    *("-nolisten", "tcp", "-noreset"),
                ],
                pass_fds=[writing],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        finally:
            os.close(writing)
        self.name = f":{self._number(reading)}"
        self._manager = subprocess.Popen(
            ["openbox", "--sm-disable"],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_for_manager()

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program needs to open its window here."""
        return {"DISPLAY": self.name, "QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": ""}

    def xdotool(self, *arguments: str) -> str:
        """Drive the display as a person's hands would; return what xdotool prints."""
        done = subprocess.run(
            ["xdotool", *arguments],
            env={**os.environ, **self.environment},
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return done.stdout.strip()

    def close(self) -> None:
        """End both programs."""
        for process in (self._manager, self._server):
            process.terminate()
            process.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _wait_for_manager(self) -> None:
        """Until there is one, windows can't be given the keyboard."""
        deadline = time.monotonic() + READY_S
        while not self.xdotool("get_num_desktops").isdigit():
            if self._manager.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise RuntimeError(f"openbox isn't there: exit code {self._manager.returncode}")

    def _number(self, reading: int) -> str:
        give_up = threading.Timer(READY_S, self._server.kill)
        give_up.start()
        try:
            with os.fdopen(reading) as told:
                number = told.readline().strip()
        finally:
            give_up.cancel()
            give_up.join()
        if not number:
            raise RuntimeError(f"Xvfb ended with {self._server.wait()} before it answered")
        return number
