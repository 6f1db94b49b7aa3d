"""The `resources/` folder beside the package, found from here, not from the working directory."""

from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent / "resources"


def resource_path(*parts: str) -> Path:
    """Return the path of a shipped file or folder: `resource_path("icons", "chart.svg")`."""
    return _ROOT.joinpath(*parts)
