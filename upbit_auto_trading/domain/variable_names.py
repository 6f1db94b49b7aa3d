"""Variables by the names people type: ids, aliases, Korean and English names."""

from difflib import get_close_matches
from typing import Final

from upbit_auto_trading.domain.variable import Variable, VariableRegistry

MAX_WORDS: Final = 5


def plain(text: str) -> str:
    """Return a name without case, blanks and underscores."""
    return "".join(text.casefold().replace("_", " ").split())


class VariableNames:
    """Finds variables by name."""

    def __init__(self, registry: VariableRegistry) -> None:
        self._by_name: dict[str, Variable] = {}
        # Ids and aliases are unique; a name that two variables share stays with the first.
        for texts in (_given, _spoken):
            for variable in registry:
                for text in texts(variable):
                    self._by_name.setdefault(plain(text), variable)

    def get(self, name: str) -> Variable | None:
        """Return the variable of that name, None where there is none."""
        return self._by_name.get(plain(name))

    def like(self, name: str, count: int = 3) -> tuple[str, ...]:
        """Return the ids of variables with a similar name, most similar first."""
        close = get_close_matches(plain(name), self._by_name, n=4 * count, cutoff=0.6)
        begun = [text for text in self._by_name if len(name) > 1 and text.startswith(plain(name))]
        ids = dict.fromkeys(self._by_name[text].id for text in [*close, *begun])
        return tuple(ids)[:count]


def _given(variable: Variable) -> tuple[str, ...]:
    return (variable.id, *variable.aliases)


def _spoken(variable: Variable) -> tuple[str, ...]:
    texts = (variable.short, variable.words)
    return tuple(text for pair in texts for text in (pair.korean, pair.english))
