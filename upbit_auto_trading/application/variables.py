"""The registry of variables that ships with the product."""

import tomllib
from functools import cache

from upbit_auto_trading.domain.variable import VariableRegistry
from upbit_auto_trading.domain.variable_table import registry_from
from upbit_auto_trading.resources import resource_path


@cache
def shipped_variables() -> VariableRegistry:
    """Return the registry of `resources/variables.toml`, read once.

    Raises:
        OSError: the file is missing or unreadable.
        tomllib.TOMLDecodeError: the file isn't TOML.
        InvalidDocumentError: a field is wrong.
    """
    with resource_path("variables.toml").open("rb") as file:
        return registry_from(tomllib.load(file))
