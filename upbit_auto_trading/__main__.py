"""Headless commands: `python -m upbit_auto_trading COMMAND`. Needs no Qt."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from upbit_auto_trading.simulator import command as simulator_command

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code (0 done, 1 failed, 2 wrong use)."""
    parser = argparse.ArgumentParser(prog="python -m upbit_auto_trading")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    simulator = commands.add_parser("simulator", help="run the simulated exchange")
    simulator_command.add_arguments(simulator)
    given = parser.parse_args(arguments)
    return asyncio.run(simulator_command.run(given))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
