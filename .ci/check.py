"""The whole check, step by step. `python launch.py test` sets up what it needs and runs it."""

import ast
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
RESULTS = ROOT / "docs" / "results.json"
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as lint; lint()"
TESTS_FAILED = 1
MOST_TRIED_AGAIN = 12
TOGETHER = "--numprocesses="
LAST_FAILED = Path(".pytest_cache") / "v" / "cache" / "lastfailed"
# Nothing of a test may reach beyond this machine, and no window may open on its screen.
ENVIRONMENT = {"QT_QPA_PLATFORM": "offscreen", "PYTHONUNBUFFERED": "1"}


def main(arguments: Sequence[str]) -> int:
    """Run the check, or with `--long [NAME]` the long runs; return the exit code."""
    if not arguments:
        return check()
    offered = long_runs()
    name = arguments[1] if len(arguments) > 1 else "all"
    if not offered:
        return wrong_use("no test has a long form yet")
    if name != "all" and name not in offered:
        return wrong_use(f"there is no long run {name!r}; there are: {', '.join(offered)}")
    return run_long(name)


def check() -> int:
    """Run every step, each under its heading, and say at the end how each went."""
    python = sys.executable
    pytest = [python, "-m", "pytest", "-q"]
    catalogues = str(ROOT / "resources" / "i18n" / "catalogues.py")
    steps = [
        ("Format", [python, "-m", "ruff", "format", "--check", "."]),
        ("Lint", [python, "-m", "ruff", "check", "."]),
        ("Types", [python, "-m", "mypy"]),
        ("Layers", [python, "-c", LINT_IMPORTS, "--no-logo"]),
        ("Texts", [python, catalogues, "--check"]),
    ]
    # What starts programs does so on ports and displays that the system chooses; the window's
    # tests draw into memory, each worker into its own. Fault rows mostly wait for what they
    # measure: three of them together take two thirds of two cores.
    for count, *folders in (
        (2, "unit"),
        (3, "faults"),
        (2, "gui"),
        (2, "contract", "integration"),
        (2, "end2end"),
    ):
        steps += tests_of(folders, pytest, count)
    results = []
    again: list[str] = []
    for name, command in steps:
        say(f"\n=== {name}")
        began = time.monotonic()
        code = run(command)
        if code and "pytest" in command:
            code = second_try(command, code, again)
        results.append((name, code, time.monotonic() - began))
    say("\n=== Summary")
    for name, code, seconds in results:
        say(f"{'failed' if code else 'passed':8}{seconds:7.1f} s  {name}")
    for test in again:
        say(f"failed at first, passed alone: {test}")
    return 1 if any(code for _, code, _ in results) else 0


def second_try(command: Sequence[str], code: int, again: list[str]) -> int:
    """Run what failed once more, one at a time; return the step's exit code.

    Tests with sockets and processes have limits in real time, which another program's burst can
    break. What passes alone is named at the end, in `again`; more than a few failures are no burst.
    """
    folders = tuple(f"{part}/" for part in command if part.startswith("tests/"))
    failed = [test for test in last_failed() if test.startswith(folders)]
    if code != TESTS_FAILED or not 0 < len(failed) <= MOST_TRIED_AGAIN:
        return code
    say(f"\n--- {len(failed)} failed; once more, alone")
    alone = [part for part in command if not part.startswith((TOGETHER, "--dist"))]
    code = run([*alone, "--last-failed", "--last-failed-no-failures=none"])
    if not code:
        again += failed
    return code


def last_failed() -> list[str]:
    """Return the tests that failed in the run before, as pytest has noted them."""
    try:
        noted = json.loads((ROOT / LAST_FAILED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return sorted(noted)


def tests_of(
    folders: Sequence[str], pytest: Sequence[str], count: int
) -> list[tuple[str, list[str]]]:
    """Return the step for the folders that have tests, `count` at a time; none without any."""
    found = [name for name in folders if has_tests(name)]
    if not found:
        return []
    # What was shared out evenly by number isn't by time: who is done takes from the others.
    together = [f"{TOGETHER}{count}", "--dist=worksteal"]
    heading = f"{', '.join(found).capitalize()} tests, {count} at a time"
    return [(heading, [*pytest, *together, *(f"tests/{name}" for name in found)])]


def run_long(name: str) -> int:
    """Run the tests of a long run in full and add what they did to docs/results.json."""
    BUILD.mkdir(exist_ok=True)
    written = BUILD / "long_results.json"
    written.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "--timeout=0", "tests", f"--long={name}"]
    code = run([*command, f"--long-results={written}"])
    if not written.is_file():
        return code or 1
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    for run_name, record in json.loads(written.read_text(encoding="utf-8")).items():
        results.setdefault("runs", {})[run_name] = {**provenance(), **record}
    RESULTS.parent.mkdir(exist_ok=True)
    text = json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False)
    RESULTS.write_text(f"{text}\n", encoding="utf-8")
    say(f"Results: {RESULTS}")
    return code


def provenance() -> Mapping[str, str]:
    """Return when, where and from which commit a run was made."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": commit(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def commit() -> str:
    """Return the commit's name, with a plus sign when files have changed since."""
    try:
        name = git("rev-parse", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name}+" if changed else name


def git(*arguments: str) -> str:
    """Return what git says, stripped."""
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def long_runs() -> list[str]:
    """Return the names of the tests that have a long form."""
    names: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.long":
                names.update(str(ast.literal_eval(argument)) for argument in node.args)
    return sorted(names)


def has_tests(folder: str) -> bool:
    """Whether there is a test in that folder of tests."""
    return any((ROOT / "tests" / folder).rglob("test_*.py"))


def run(command: Sequence[str]) -> int:
    """Run a step in the project's folder; return its exit code."""
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **ENVIRONMENT}, check=False
    ).returncode


def say(text: str) -> None:
    """Write a line at once, so that it stands before the next step's own."""
    print(text, flush=True)


def wrong_use(text: str) -> int:
    """Say what was wrong; return the exit code for it."""
    print(f"launch.py test: {text}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
