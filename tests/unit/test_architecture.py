"""The package keeps the rules of design, and the checker that says so is proven on snippets."""

from pathlib import Path

import pytest

from tests.architecture import PACKAGE, findings, module_findings

ROOT = Path(__file__).resolve().parents[2]

PLANTS = [
    ("application/a.py", "import asyncio\nasyncio.run(f())", 2, "calls asyncio.run"),
    (
        "infrastructure/a.py",
        "import asyncio\nwith asyncio.Runner() as r: pass",
        2,
        "asyncio.Runner",
    ),
    ("infrastructure/a.py", "loop = asyncio.new_event_loop()", 1, "calls new_event_loop"),
    ("bootstrap.py", "loop.run_until_complete(f())", 1, "calls run_until_complete"),
    ("simulator/a.py", "loop.run_forever()", 1, "calls run_forever"),
    ("application/a.py", "x = asyncio.create_task(f())", 1, "calls create_task"),
    ("application/a.py", "x = loop.create_task(f())", 1, "calls create_task"),
    ("application/a.py", "asyncio.ensure_future(f())", 1, "calls ensure_future"),
    ("presentation/a.py", "QApplication.processEvents()", 1, "calls processEvents"),
    ("presentation/a.py", "@asyncSlot()\ndef f(): pass", 1, "calls asyncSlot"),
    ("presentation/a.py", "dialog.exec()", 1, "modal loop"),
    ("presentation/widgets/a.py", "QDrag(self).exec(action)", 1, "modal loop"),
    ("infrastructure/a.py", "import time\n\ntime.sleep(1)", 3, "calls time.sleep"),
    ("infrastructure/a.py", "from time import sleep", 1, "imports sleep"),
    ("domain/a.py", "exec('x')", 1, "calls exec"),
    ("domain/a.py", "eval('x')", 1, "calls eval"),
    ("domain/a.py", "print('x')", 1, "calls print"),
    ("__main__.py", "print('x')", 1, "calls print"),
    ("infrastructure/a.py", "import pickle", 1, "imports pickle"),
    ("domain/a.py", "try:\n    f()\nexcept Exception:\n    pass", 3, "catches Exception"),
    ("domain/a.py", "try:\n    f()\nexcept (OSError, BaseException):\n    pass", 3, "catches"),
    ("domain/a.py", "try:\n    f()\nexcept:\n    pass", 3, "catches everything"),
    ("application/a.py", "return_(success=False)", 1, "success=False"),
    ("application/a.py", "x = 1  # TO" + "DO: more", 1, "unfinished"),
    ("application/a.py", "x = '\U0001f680'", 1, "pictogram"),
    ("application/a.py", "x = 1\n" * 401, 401, "has 401 lines"),
    ("infrastructure/upbit/wire/a.py", "x = 1", 1, "deeper"),
    ("application/utils.py", "x = 1", 1, "is called utils"),
    ("infrastructure/core/a.py", "x = 1", 1, "is called core"),
    ("application/candles_v2.py", "x = 1", 1, "is called candles_v2"),
    ("infrastructure/market_data_backbone/gap_detector.py", "import time", 1, "takes time"),
    ("infrastructure/upbit/decode.py", "from asyncio import sleep", 1, "takes time"),
    (
        "presentation/widgets/a.py",
        f"from {PACKAGE}.application.candles import ChartSession",
        1,
        "only shown values",
    ),
    (
        "presentation/widgets/a.py",
        f"from {PACKAGE}.presentation import viewmodels",
        1,
        "only shown",
    ),
    ("presentation/widgets/a.py", "import pathlib", 1, "only shown values"),
    ("presentation/viewmodels/a.py", "from PyQt6.QtWidgets import QLabel", 1, "no widgets"),
    ("presentation/viewmodels/a.py", "from PyQt6 import QtGui", 1, "no widgets"),
]

FINE = [
    ("presentation/app.py", "loop.run_until_complete(f())"),
    ("__main__.py", "import asyncio\nasyncio.run(f())"),
    ("tasks.py", "asyncio.get_running_loop().create_task(f())"),
    ("presentation/widgets/drag_source.py", "QDrag(self).exec(action)"),
    ("infrastructure/a.py", "import time\ntime.monotonic()"),
    ("infrastructure/a.py", "connection.print()\ncursor.evaluate()"),
    ("domain/a.py", "try:\n    f()\nexcept BaseException:\n    g()\n    raise"),
    ("domain/a.py", "try:\n    f()\nexcept ValueError:\n    pass"),
    ("application/a.py", "x = 1\n" * 400),
    ("infrastructure/market_data_backbone/gap_detector.py", "import math"),
    ("presentation/widgets/a.py", f"from {PACKAGE}.presentation.theme import Theme\nimport math"),
    ("presentation/viewmodels/a.py", "from PyQt6.QtCore import QObject"),
    ("domain/database.py", "x = '▲ ▼ ● ○ ◌'"),
]


@pytest.mark.parametrize(("name", "source", "line", "told"), PLANTS)
def test_a_planted_violation_is_found_at_its_line(
    name: str, source: str, line: int, told: str
) -> None:
    found = list(module_findings(name, source))
    assert [(finding.path, finding.line) for finding in found] == [(name, line)]
    assert told in found[0].text


@pytest.mark.parametrize(("name", "source"), FINE)
def test_what_is_allowed_is_not_found(name: str, source: str) -> None:
    assert list(module_findings(name, source)) == []


def test_the_package_keeps_the_rules() -> None:
    found = findings(ROOT / PACKAGE)
    assert not found, "\n" + "\n".join(str(finding) for finding in found)
