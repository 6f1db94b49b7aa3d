"""One language's words for conditions, from `resources/i18n/*/sentences.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.variable import Unit, Variable, Words
from upbit_auto_trading.presentation.formatting import MINUS
from upbit_auto_trading.presentation.i18n import LANGUAGES
from upbit_auto_trading.resources import resource_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.domain.expression import Comparator
    from upbit_auto_trading.domain.variable import Category, Parameter

Table = dict[str, str]


@dataclass(frozen=True, slots=True)
class SentenceWords:
    """The word table of one language. `korean` says which of the registry's texts are meant."""

    korean: bool
    tables: Mapping[str, Mapping[str, str]]
    endings: Mapping[str, Table]
    predicates: Mapping[str, Table]

    def of(self, texts: Words) -> str:
        """Return the text in this language."""
        return texts.korean if self.korean else texts.english

    def word(self, table: str, key: str) -> str:
        """Return one entry of one table."""
        return self.tables[table][key]

    def ending(self, name: str, form: str, *, denied: bool) -> str:
        """Return what a predicate ends in; English has one form for all joints."""
        forms = self.endings[name]
        full = f"not_{form}" if denied else form
        return forms[full] if full in forms else forms["no" if denied else "yes"]

    def money(self, quote: str) -> str:
        """Return what follows an amount of that currency."""
        return self.tables["money"].get(quote) or self.tables["money"]["other"].format(quote=quote)

    def category(self, category: Category) -> str:
        """Return a section of the palette."""
        return self.word("category", category.value)

    def comparator(self, comparator: Comparator) -> str:
        """Return a comparator's short name."""
        return self.word("comparator", comparator.value)

    def unit(self, variable: Variable, quote: str) -> str:
        """Return the chip that says what a variable counts: `원`, `0–100`, `%`."""
        low, high = variable.minimum or 0.0, variable.maximum or 0.0
        scale = f"{number(low)}–{number(high)}"
        text = self.word("unit", variable.unit.value)
        return text.format(money=self.money(quote).strip(), range=scale)

    def amount(self, value: float, unit: Unit, quote: str, *, times: float = 1.0) -> str:
        """Return a constant in a unit: `142,009,000원`, `−5%`, `월요일`."""
        value *= times
        if unit is Unit.WEEKDAY:
            day = self.tables["weekday"].get(number(value))
            return day or number(value)
        pattern = self.word("number", unit.value)
        return pattern.format(number=number(value), money=self.money(quote))

    def length(self, seconds: float) -> str:
        """Return a stretch of time: `60초`, `5분`, `2시간`."""
        if seconds >= 7200 and seconds % 3600 == 0:
            return self.word("length", "hours").format(count=number(seconds / 3600))
        if seconds >= 120 and seconds % 60 == 0:
            return self.word("length", "minutes").format(count=number(seconds / 60))
        return self.word("length", "seconds").format(count=number(seconds))

    def choice(self, parameter: Parameter, value: str) -> str:
        """Return one of a parameter's choices: `고점`."""
        known = (choice.words for choice in parameter.choices if choice.value == value)
        words = next(known, None)
        return value if words is None else self.of(words)


def number(value: float) -> str:
    """Return a number as people write it: no trailing zeros, thousands' commas, a true minus."""
    whole = value == int(value)
    text = f"{int(value):,}" if whole else f"{value:,.8f}".rstrip("0")
    if not whole and float(text.replace(",", "")) == 0.0:
        text = f"{value:g}"
    return text.replace("-", MINUS)


@cache
def sentence_words(language: str) -> SentenceWords:
    """Return the words of a language, `ko` or `en`.

    Raises:
        KeyError: there is no such language.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    with resource_path("i18n", language, "sentences.toml").open("rb") as file:
        tables = tomllib.load(file)
    endings, predicates = tables.pop("ending"), tables.pop("predicate")
    return SentenceWords(language == "ko", tables, endings, predicates)
