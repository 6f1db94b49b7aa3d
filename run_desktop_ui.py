"""Starts the desktop application; `--help` lists the options."""

import sys

from upbit_auto_trading.bootstrap import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
