"""The check's own steps: what fails it, and what long runs leave behind."""

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCAFFOLDING = (
    "__init__.py",
    "conftest.py",
    "leaks.py",
    "long_runs.py",
    "simulator_process.py",
    "virtual_display.py",
)
PROGRAM = Path(".ci") / "check.py"

ALONE = ["python", "-m", "pytest", "-q", "tests/gui"]

LONG_TEST = """
import pytest

@pytest.mark.long("swaps")
def test_many(long_run):
    assert len(long_run.seeds(100)) == long_run.figures["count"]
    long_run.record(p99_ms=1.5)

@pytest.mark.long("faults")
def test_others(long_run):
    long_run.count(5000)

def test_ordinary():
    pass
"""


@pytest.fixture
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check", ROOT / PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of three tests, two of which have a long form."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "tests").mkdir()
    for name in SCAFFOLDING:
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests" / name)
    shutil.copy(ROOT / PROGRAM, tmp_path / PROGRAM)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests" / "test_long.py").write_text(LONG_TEST, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("failing", "code"), [(None, 0), ("ruff", 1), ("mypy", 1), ("tests/unit", 1)]
)
def test_every_step_runs_and_one_that_fails_fails_the_check(
    failing: str | None,
    code: int,
    check: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> int:
        ran.append(command)
        return 1 if failing in command else 0

    monkeypatch.setattr(check, "run", run)
    monkeypatch.setattr(check, "last_failed", list)
    assert check.main([]) == code
    output = capsys.readouterr().out
    headings = [line for line in output.splitlines() if line.startswith("===")]
    assert len(ran) == len(headings) - 1
    assert ("failed" in output) == bool(code)
    summary = output.partition("=== Summary")[2]
    for heading in headings[:-1]:
        assert heading.removeprefix("=== ") in summary


@pytest.mark.parametrize(
    ("first", "count", "second", "code", "named"),
    [
        (1, 2, 0, 0, True),
        (1, 2, 1, 1, False),
        (1, 13, 0, 1, False),
        (1, 0, 0, 1, False),
        (2, 2, 0, 2, False),
    ],
)
def test_a_few_tests_that_failed_are_tried_once_more_alone_and_named(
    first: int,
    count: int,
    second: int,
    code: int,
    named: bool,
    check: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = [f"tests/gui/test_a.py::test_{n}" for n in range(count)]
    ran: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> int:
        ran.append(command)
        return second

    monkeypatch.setattr(check, "run", run)
    monkeypatch.setattr(check, "last_failed", lambda: ["tests/guide/test_b.py::test_c", *failed])
    again: list[str] = []
    [(_, command)] = check.tests_of(["gui"], ["python", "-m", "pytest", "-q"], 3)
    assert check.second_try(command, first, again) == code
    assert again == (failed if named else [])
    for alone in ran:
        assert alone == [*ALONE, "--last-failed", "--last-failed-no-failures=none"]


def test_what_failed_is_read_from_where_pytest_notes_it(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(check, "ROOT", tmp_path)
    assert check.last_failed() == []
    (tmp_path / "test_it.py").write_text("def test_one():\n    assert 0\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1
    assert check.last_failed() == ["test_it.py::test_one"]


def test_a_long_run_does_full_counts_of_its_tests_and_is_written_down(project: Path) -> None:
    done = run(project, "--long", "swaps")
    assert done.returncode == 0, done.stdout
    results = json.loads((project / "docs" / "results.json").read_text(encoding="utf-8"))
    [(name, record)] = results["runs"].items()
    assert name == "swaps"
    assert {"date", "commit", "python", "system", "tests"} <= set(record)
    [(test, figures)] = record["tests"].items()
    assert test.endswith("test_many")
    assert (figures["outcome"], figures["count"], figures["p99_ms"]) == ("passed", 100, 1.5)


def test_another_long_run_is_added_and_all_of_them_can_be_asked_for(project: Path) -> None:
    run(project, "--long", "swaps")
    run(project, "--long", "faults")
    results = json.loads((project / "docs" / "results.json").read_text(encoding="utf-8"))
    assert set(results["runs"]) == {"swaps", "faults"}
    done = run(project, "--long")
    assert "2 passed, 1 deselected" in done.stdout


def test_the_ordinary_check_does_a_fiftieth(project: Path) -> None:
    probe = LONG_TEST.replace("long_run.count(5000)", "assert long_run.count(5000) == 100")
    (project / "tests" / "test_long.py").write_text(probe, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
    )
    assert "3 passed" in done.stdout
    assert not (project / "docs").exists()


def test_a_long_run_that_does_not_exist_is_wrong_use(project: Path) -> None:
    done = run(project, "--long", "nothing")
    assert done.returncode == 2
    assert done.stderr == (
        "launch.py test: there is no long run 'nothing'; there are: faults, swaps\n"
    )


def test_without_any_long_test_none_is_offered(project: Path) -> None:
    (project / "tests" / "test_long.py").write_text("def test_it(): pass\n", encoding="utf-8")
    done = run(project, "--long")
    assert (done.returncode, done.stderr) == (2, "launch.py test: no test has a long form yet\n")


def run(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(project / PROGRAM), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
