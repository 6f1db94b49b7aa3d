"""Whether a window can open here. Asked before Qt, which would end the process without a word."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from pathlib import Path


def display_problem() -> str | None:
    """Say why no window can open here, None if one can."""
    if not sys.platform.startswith("linux"):
        return None
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform and not platform.startswith("xcb"):
        return None
    if os.environ.get("WAYLAND_DISPLAY") and not platform:
        return None
    display = os.environ.get("DISPLAY", "")
    if not display:
        return (
            "there is no display. Start it in a graphical session, or without a window: "
            "QT_QPA_PLATFORM=offscreen python run_desktop_ui.py --demo --smoke 20"
        )
    if not _display_answers(display):
        return f"the display {display} doesn't answer. Check DISPLAY, or log in graphically."
    return None


def library_problem() -> str | None:
    """Say what is missing of Qt or its window system plugin, None if all is there."""
    try:
        # Qt first: qasync would say only that it found none.
        from PyQt6 import QtSvg, QtWidgets  # noqa: F401, I001, PLC0415
        from PyQt6.QtCore import QLibraryInfo  # noqa: PLC0415
        import pyqtgraph  # noqa: F401, PLC0415
        import qasync  # noqa: F401, PLC0415

        plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
        if _opens_x11_window():
            ctypes.CDLL(str(plugins / "platforms" / "libqxcb.so"))
    except (ImportError, OSError) as error:
        missing: BaseException = error
        while missing.__context__ is not None:
            missing = missing.__context__
        return (
            f"a needed library is missing ({missing}). Start with: python launch.py, "
            "which installs what is missing."
        )
    return None


def _opens_x11_window() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    return platform.startswith("xcb") or not (platform or os.environ.get("WAYLAND_DISPLAY"))


def _display_answers(display: str) -> bool:
    host, _, number = display.rpartition(":")
    screen = number.partition(".")[0]
    if not screen.isdigit():
        return False
    try:
        if host in ("", "unix"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as local:
                local.settimeout(2.0)
                local.connect(str(Path("/tmp/.X11-unix") / f"X{screen}"))  # noqa: S108 -- X11's own
        else:
            with socket.create_connection((host, 6000 + int(screen)), timeout=2.0):
                pass
    except OSError:
        return host == "" and _abstract_display_answers(screen)
    return True


def _abstract_display_answers(screen: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as local:
            local.settimeout(2.0)
            local.connect(f"\0/tmp/.X11-unix/X{screen}")
    except OSError:
        return False
    return True
