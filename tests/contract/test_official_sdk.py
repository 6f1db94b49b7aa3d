"""Upbit's own client, unmodified, runs against the simulated exchange and understands all of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.simulator.account.account_file import ACCESS_KEY, SECRET_KEY

ROOT = Path(__file__).resolve().parents[2]
MAIN = "9ca023a5-851b-4fec-9f0a-48cd83c2eaae"
SUB = "4b07aa31-4747-485c-8bce-ac5495e4a639"
SUB_KEY = ("sub-access-key", "sub-secret-key-with-enough-length-0123456789")
ACCOUNTS = {
    "pockets": [
        {
            "uuid": MAIN,
            "name": "main",
            "balances": [
                {"currency": "KRW", "balance": "1000000000"},
                {"currency": "BTC", "balance": "2", "avg_buy_price": "90000000"},
            ],
            "keys": [{"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}],
        },
        {
            "uuid": SUB,
            "name": "sub",
            "balances": [],
            "keys": [{"access_key": SUB_KEY[0], "secret_key": SUB_KEY[1]}],
        },
    ],
    "withdraw_addresses": [
        {"currency": "BTC", "net_type": "BTC", "address": f"simulated-btc-{MAIN}"}
    ],
}


def sdk_python() -> Path:
    folder = ROOT / ".venv-sdk"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    assert python.exists(), "run `python launch.py test`: it makes .venv-sdk"
    return python


@pytest.mark.timeout(240)
def test_every_method_and_stream_of_the_official_client_is_understood(
    simulator_process: Callable[..., SimulatorProcess], tmp_path: Path
) -> None:
    accounts = tmp_path / "accounts.json"
    accounts.write_text(json.dumps(ACCOUNTS), "utf-8")
    # 300 times as fast: a five-minute candle closes every second.
    simulator = simulator_process("--account", str(accounts), "--speed", "300", "--markets", "40")
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    environment |= {"UPBIT_ACCESS_KEY": ACCESS_KEY, "UPBIT_SECRET_KEY": SECRET_KEY}
    run = subprocess.run(
        [sdk_python(), "-m", "tests.contract.sdk.suite", simulator.rest_url, *SUB_KEY],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:] + simulator.output[-3000:]
    found: dict[str, Any] = json.loads(run.stdout)
    assert found["not_called"] == []
    wrong = {name: texts for name, texts in found["report"].items() if texts}
    assert not wrong, json.dumps(wrong, indent=1)
    assert len(found["report"]) > 60
