"""Each import contract is broken in a copy of the package, and must name what broke it."""

import re
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
]


CYCLE = "domain/market_info_planted.py"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package's modules and the settings, nothing else."""
    shutil.copytree(
        ROOT / PACKAGE, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_forbidden_import_is_named_by_its_contract(copy: Path) -> None:
    # All at once: building the graph of the package is what takes long, and each import is named.
    for _, module, line in PLANTS:
        plant(copy, module, line)
    contracts = sorted({contract for contract, _, _ in PLANTS})
    result = lint(copy, *contracts)
    assert result.returncode == 1, result.stdout
    told = findings(result.stdout)
    missing = [
        (contract, module, line)
        for contract, module, line in PLANTS
        if f"{dotted(module)} -> {imported(line)} (l." not in told[contract]
    ]
    assert not missing, result.stdout


def test_a_module_of_no_layer_breaks_the_layers(copy: Path) -> None:
    plant(copy, "planted.py", "import os")
    result = lint(copy, "layers")
    assert result.returncode == 1, result.stdout
    assert f"not listed as layers: - {PACKAGE}.planted" in findings(result.stdout)["layers"]


def test_a_cycle_is_named(copy: Path) -> None:
    plant(copy, CYCLE, "import upbit_auto_trading.domain.market")
    plant(copy, "domain/market.py", f"import {dotted(CYCLE)}")
    result = lint(copy, "cycles")
    assert result.returncode == 1, result.stdout
    assert ".market_info_planted -> .market" in findings(result.stdout)["cycles"]


def test_every_contract_is_kept_by_the_package(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


def test_every_contract_has_a_plant() -> None:
    assert set(contract_names()) == {contract for contract, _, _ in PLANTS} | {"cycles"}


def plant(copy: Path, module: str, line: str) -> None:
    """Add a line to a module, which is made when it isn't there."""
    path = copy / PACKAGE / module
    original = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{original}\n{line}\n", encoding="utf-8")


def dotted(module: str) -> str:
    """The name by which a module is imported."""
    return ".".join((PACKAGE, *Path(module).with_suffix("").parts))


def imported(line: str) -> str:
    """What a line imports, as import-linter names it: other packages by their first name."""
    name = line.split()[1]
    return name if name.startswith(PACKAGE) else name.partition(".")[0]


def contract_names() -> dict[str, str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return {contract["id"]: contract["name"] for contract in contracts}


def findings(output: str) -> dict[str, str]:
    """What was found against each broken contract, without line breaks."""
    told = " ".join(output.partition("Broken contracts")[2].split())
    headings = {f"{name} {'-' * len(name)}": key for key, name in contract_names().items()}
    parts = re.split(f"({'|'.join(map(re.escape, headings))})", told)
    return {headings[heading]: text for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


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
