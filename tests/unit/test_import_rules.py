"""Each import contract is broken once in a copy of the package, and must be seen to fail."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "upbit_auto_trading"

# contract id, module that gets the line (made when it isn't there), the line
PLANTS = [
    ("layers", "domain/planted.py", "import upbit_auto_trading.application"),
    ("layers", "application/planted.py", "import upbit_auto_trading.infrastructure"),
    ("layers", "infrastructure/planted.py", "import upbit_auto_trading.application"),
    ("layers", "simulator/planted.py", "import upbit_auto_trading.infrastructure"),
    ("layers", "tasks.py", "import upbit_auto_trading.resources"),
    ("layers", "resources.py", "import upbit_auto_trading.domain"),
    ("layers", "presentation/planted.py", "import upbit_auto_trading.bootstrap"),
    ("layers", "planted.py", "import os"),
    ("presentation", "presentation/planted.py", "import upbit_auto_trading.infrastructure"),
    ("presentation", "presentation/planted.py", "import upbit_auto_trading.simulator"),
    ("headless", "headless.py", "import upbit_auto_trading.presentation"),
    ("headless", "__main__.py", "import upbit_auto_trading.bootstrap"),
    ("qt", "application/planted.py", "from PyQt6.QtCore import QObject"),
    ("qt", "infrastructure/planted.py", "import qasync"),
    ("qt", "bootstrap.py", "import pyqtgraph"),
    ("clients", "application/planted.py", "import sqlite3"),
    ("clients", "presentation/planted.py", "import requests"),
    ("clients", "simulator/planted.py", "from websockets.asyncio import client"),
    ("jwt", "application/planted.py", "import jwt"),
    ("server", "infrastructure/planted.py", "from aiohttp import web"),
    ("domain", "domain/planted.py", "import asyncio"),
    ("domain", "domain/planted.py", "from time import monotonic"),
    ("domain", "domain/planted.py", "import pathlib"),
    ("domain", "domain/planted.py", "import upbit_auto_trading.resources"),
    ("sans-io", "infrastructure/upbit/decode.py", "import time"),
    ("sans-io", "infrastructure/upbit/rate_limit.py", "import asyncio"),
    ("sans-io", "infrastructure/upbit/subscribe_message.py", "import socket"),
    (
        "sans-io",
        "infrastructure/market_data_backbone/subscription_manager.py",
        "import upbit_auto_trading.tasks",
    ),
    ("sans-io", "infrastructure/market_data_backbone/gap_detector.py", "import time"),
    ("sans-io", "infrastructure/market_data_backbone/channel_selector.py", "import time"),
    ("sans-io", "infrastructure/market_data_backbone/smart_fallback_manager.py", "import asyncio"),
    ("sans-io", "infrastructure/market_data_backbone/subscription_predictor.py", "import sqlite3"),
    (
        "backbone",
        "infrastructure/upbit/planted.py",
        "import upbit_auto_trading.infrastructure.market_data_backbone",
    ),
    (
        "backbone",
        "infrastructure/persistence/planted.py",
        "import upbit_auto_trading.infrastructure.market_data_backbone",
    ),
    (
        "views",
        "presentation/viewmodels/planted.py",
        "import upbit_auto_trading.presentation.widgets",
    ),
    (
        "views",
        "presentation/widgets/planted.py",
        "import upbit_auto_trading.presentation.viewmodels",
    ),
    ("views", "presentation/widgets/planted.py", "import upbit_auto_trading.presentation.screens"),
    ("widgets", "presentation/widgets/planted.py", "import upbit_auto_trading.application"),
    ("widgets", "presentation/widgets/planted.py", "import asyncio"),
    ("cycles", "domain/market.py", "import upbit_auto_trading.domain.market_info_planted"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's modules and the settings, nothing else."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        ROOT / PACKAGE, folder / PACKAGE, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize(("contract", "module", "line"), PLANTS)
def test_a_forbidden_import_breaks_its_contract(
    contract: str, module: str, line: str, copy: Path
) -> None:
    path = copy / PACKAGE / module
    original = path.read_text(encoding="utf-8") if path.exists() else None
    back = copy / PACKAGE / "domain" / "market_info_planted.py"
    try:
        path.write_text(f"{original or ''}\n{line}\n", encoding="utf-8")
        if contract == "cycles":
            back.write_text("import upbit_auto_trading.domain.market\n", encoding="utf-8")
        result = lint(copy, contract)
    finally:
        back.unlink(missing_ok=True)
        if original is None:
            path.unlink()
        else:
            path.write_text(original, encoding="utf-8")
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout


def test_every_contract_is_kept_by_the_package(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


def test_every_contract_has_a_plant() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]}
    assert contracts == {contract for contract, _, _ in PLANTS}


def lint(folder: Path, *contracts: str) -> "subprocess.CompletedProcess[str]":
    """Run import-linter in `folder`, on some contracts or on all."""
    chosen = [part for contract in contracts for part in ("--contract", contract)]
    program = "from importlinter.cli import lint_imports_command as lint; lint()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo", *chosen],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
