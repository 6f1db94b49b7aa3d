"""The shape every benchmark prints."""

import json
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """Figures of the product, those of the floor or peer of the same run, and their ratio."""

    name: str
    figures: dict[str, Any]
    floor: dict[str, Any]
    ratio: dict[str, Any]
    versions: dict[str, str] = field(default_factory=dict)


def versions_of(*packages: str) -> dict[str, str]:
    """Return the versions of `packages` and of Python."""
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def show(result: Result, *, as_json: bool) -> None:
    """Print a result: one line of JSON, or a readable list."""
    if as_json:
        print(json.dumps(asdict(result)))
        return
    print(result.name)
    for part in ("figures", "floor", "ratio", "versions"):
        for key, value in getattr(result, part).items():
            shown = f"{value:,.3f}" if isinstance(value, float) else value
            print(f"  {part}.{key}: {shown}")
