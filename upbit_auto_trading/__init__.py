"""Desktop trading application for Upbit."""

__version__ = "0.1.0"
