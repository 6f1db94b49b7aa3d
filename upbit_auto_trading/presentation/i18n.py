"""The user's language: gettext catalogues with English msgids, Korean first."""

from __future__ import annotations

import gettext
from typing import Final

from upbit_auto_trading.resources import resource_path

LANGUAGES: Final = ("ko", "en")
DOMAIN: Final = "upbit_auto_trading"

_chosen: dict[str, gettext.NullTranslations] = {"en": gettext.NullTranslations()}


def choose_language(language: str) -> None:
    """Word everything from now on in `language`, `ko` or `en`.

    Texts already on screen stay as they are.

    Raises:
        FileNotFoundError: the catalogue isn't shipped.
    """
    catalogue = gettext.translation(DOMAIN, resource_path("i18n"), [language])
    _chosen.clear()
    _chosen[language] = catalogue


def language() -> str:
    """The chosen language's code."""
    return next(iter(_chosen))


def _(message: str) -> str:
    """Return `message` in the chosen language."""
    return _chosen[language()].gettext(message)
