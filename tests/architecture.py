"""What the import contracts can't see: calls, names, sizes and places of modules.

Every finding is `path:line: what is wrong`.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "upbit_auto_trading"
LONGEST = 400
DEEPEST = 4
"""`package/layer/part/module.py`."""

LOOP_OWNERS = frozenset({"presentation/app.py", "__main__.py"})
NOWHERE: frozenset[str] = frozenset()

# Called as `something.name(...)` or as a bare name, and the modules that may.
FORBIDDEN_CALLS = {
    "asyncio.run": LOOP_OWNERS,
    "asyncio.Runner": LOOP_OWNERS,
    "new_event_loop": LOOP_OWNERS,
    "run_until_complete": LOOP_OWNERS,
    "run_forever": LOOP_OWNERS,
    "create_task": frozenset({"tasks.py"}),
    "ensure_future": frozenset({"tasks.py"}),
    "asyncio.TaskGroup": NOWHERE,
    "processEvents": NOWHERE,
    "asyncSlot": NOWHERE,
    "asyncClose": NOWHERE,
    "time.sleep": NOWHERE,
    "exec": NOWHERE,
    "eval": NOWHERE,
    "__import__": NOWHERE,
    "print": NOWHERE,
}
# A drag has its own loop in Qt, and starts from a mouse event.
DRAGGING = frozenset({"presentation/widgets/drag_source.py"})
FORBIDDEN_MODULES = ("pickle", "marshal", "shelve", "imp", "runpy")
FORBIDDEN_NAMES = re.compile(
    r"^(utils?|common|core|base|helpers?|misc)$|_(v\d+|legacy|backup|old)$"
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
PICTOGRAMS = re.compile("[\U0001f000-\U0001faff\ufe0f]")

# Modules that keep an application alive whatever fails inside them.
SUPERVISORS = frozenset(
    {
        # Reported to the loop; a screen's defect stops neither a run nor who else listens.
        "application/listeners.py",
        "infrastructure/market_data_backbone/frame_intake.py",
        # What a calculation raises is raised again where it was asked for.
        "infrastructure/worker_process.py",
        "simulator/server.py",
    }
)

# Protocol logic that takes bytes, events and the time as arguments.
SANS_IO = (
    "infrastructure/upbit/decode.py",
    "infrastructure/upbit/rate_limit.py",
    "infrastructure/upbit/subscribe_message.py",
    "infrastructure/market_data_backbone/channel_selector.py",
    "infrastructure/market_data_backbone/gap_detector.py",
    "infrastructure/market_data_backbone/smart_fallback_manager.py",
    "infrastructure/market_data_backbone/subscription_manager.py",
    "infrastructure/market_data_backbone/subscription_predictor.py",
)
IO_MODULES = frozenset(
    {"asyncio", "threading", "time", "socket", "sqlite3", "requests", "websockets"}
)

WIDGETS = "presentation/widgets/"
VIEW_MODELS = "presentation/viewmodels/"
WIDGETS_MAY_IMPORT = (
    "PyQt6",
    "pyqtgraph",
    "numpy",
    f"{PACKAGE}.domain",
    f"{PACKAGE}.presentation.board_columns",
    f"{PACKAGE}.presentation.formatting",
    f"{PACKAGE}.presentation.i18n",
    f"{PACKAGE}.presentation.market_row",
    f"{PACKAGE}.presentation.theme",
    f"{PACKAGE}.presentation.tokens",
    f"{PACKAGE}.presentation.widgets",
    f"{PACKAGE}.presentation.wording",
)
WIDGETS_NEVER_IMPORT = IO_MODULES | {"subprocess", "os", "pathlib", "urllib"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that breaks a rule."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def findings(package: Path) -> list[Finding]:
    """Return what breaks the rules in a package's folder."""
    found = []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        found += [*module_findings(name, path.read_text(encoding="utf-8"))]
    return found


def module_findings(name: str, source: str) -> Iterator[Finding]:
    """Yield what is wrong with one module; `name` is its path inside the package."""
    lines = source.splitlines()
    if len(lines) > LONGEST:
        yield Finding(name, len(lines), f"has {len(lines)} lines, {LONGEST} are allowed")
    yield from _place(name)
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield Finding(name, number, "marks unfinished work")
        if PICTOGRAMS.search(line):
            yield Finding(name, number, "has a pictogram")
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call(name, node)
        elif isinstance(node, ast.ExceptHandler):
            yield from _handler(name, node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from _import(name, node)


def _place(name: str) -> Iterator[Finding]:
    parts = name.removesuffix(".py").split("/")
    if len(parts) + 1 > DEEPEST:
        yield Finding(name, 1, "lies deeper than package/layer/part/module.py")
    for part in parts:
        if FORBIDDEN_NAMES.search(part):
            yield Finding(name, 1, f"is called {part}, which says nothing of what it holds")


def _call(name: str, call: ast.Call) -> Iterator[Finding]:
    written = ast.unparse(call.func)
    bare = written.rpartition(".")[2]
    if isinstance(call.func, ast.Attribute) and bare == "exec":
        if name not in LOOP_OWNERS | DRAGGING:
            yield Finding(name, call.lineno, "runs a modal loop with .exec()")
    else:
        for forbidden, allowed in FORBIDDEN_CALLS.items():
            method = "." not in forbidden and forbidden not in ("exec", "eval", "print")
            if (written == forbidden or (method and bare == forbidden)) and name not in allowed:
                yield Finding(name, call.lineno, f"calls {forbidden}")
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg == "success" and isinstance(value, ast.Constant) and value.value is False:
            yield Finding(name, call.lineno, "tells a failure by success=False")


def _handler(name: str, handler: ast.ExceptHandler) -> Iterator[Finding]:
    caught = ast.unparse(handler.type) if handler.type is not None else "everything"
    broad = handler.type is None or re.search(r"\b(Exception|BaseException)\b", caught)
    raises = any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
    if broad and not raises and name not in SUPERVISORS:
        yield Finding(name, handler.lineno, f"catches {caught} and is no supervisor")


def _import(name: str, node: ast.Import | ast.ImportFrom) -> Iterator[Finding]:
    for module in imported(node):
        top = module.partition(".")[0]
        if top in FORBIDDEN_MODULES:
            yield Finding(name, node.lineno, f"imports {module}, which can run what it reads")
        if name in SANS_IO and top in IO_MODULES:
            yield Finding(name, node.lineno, f"imports {module}, and takes time and bytes as given")
        if name.startswith(WIDGETS) and not _widgets_may(module, top):
            yield Finding(name, node.lineno, f"imports {module}, and a widget is only shown values")
        if name.startswith(VIEW_MODELS) and top == "PyQt6" and module != "PyQt6.QtCore":
            yield Finding(name, node.lineno, f"imports {module}, and a view-model has no widgets")
        if module == "time.sleep":
            yield Finding(name, node.lineno, "imports sleep")


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Yield the modules that a statement imports, as far as its text tells."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.module in ("time", "PyQt6", PACKAGE, f"{PACKAGE}.presentation"):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif node.module is not None:
        yield node.module


def _widgets_may(module: str, top: str) -> bool:
    if top in (PACKAGE, "PyQt6", "pyqtgraph", "numpy"):
        return any(module == may or module.startswith(f"{may}.") for may in WIDGETS_MAY_IMPORT)
    return top not in WIDGETS_NEVER_IMPORT
