"""The environment of the programs that benchmarks are measured against."""

import contextlib
import sys

import launch


def peers_python() -> str:
    """Return the path of its Python; on first use it is made, which takes a minute.

    What is done is told on standard error: standard output belongs to the figures.

    Raises:
        SystemExit: it can't be made; its text says why.
    """
    with contextlib.redirect_stdout(sys.stderr):
        return launch.set_up(".venv-peers", ("requirements-peers.txt",))
