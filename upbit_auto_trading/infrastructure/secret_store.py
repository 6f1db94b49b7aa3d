"""Secrets in the system's keyring; where there is none worth the name, for this start only."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Final

SERVICE: Final = "upbit_auto_trading"
_ANSWER_S: Final = 30.0
# Backends that keep nothing, or keep it readable for everybody.
_REFUSED: Final = ("fail", "null", "plaintext", "chainer_empty")
_NO_ANSWER: Final = object()
_log = logging.getLogger(__name__)


class SecretStore:
    """Keeps texts under names. `is_lasting` is false where they end with the program."""

    def __init__(self) -> None:
        self._session: dict[str, str] = {}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="keyring")

    @property
    def is_lasting(self) -> bool:
        """Whether the system has a keyring that keeps secrets."""
        import keyring  # noqa: PLC0415 - looks for the system's; only once it is needed

        backend = keyring.get_keyring()
        name = f"{type(backend).__module__}.{type(backend).__name__}".lower()
        return backend.priority > 0 and not any(word in name for word in _REFUSED)

    async def put(self, name: str, secret: str) -> bool:
        """Keep a secret; return whether the next start will have it."""
        self._session[name] = secret
        if not self.is_lasting:
            return False
        return await self._asked("set_password", name, secret) is not _NO_ANSWER

    async def get(self, name: str) -> str | None:
        """Return a secret, None where there is none, or the keyring is locked."""
        if name in self._session:
            return self._session[name]
        if not self.is_lasting:
            return None
        found = await self._asked("get_password", name)
        return found if isinstance(found, str) else None

    async def forget(self, name: str) -> None:
        """Drop a secret. Harmless where there is none."""
        self._session.pop(name, None)
        if self.is_lasting:
            await self._asked("delete_password", name)

    def close(self) -> None:
        """End the thread; one that waits for the user to unlock the keyring isn't waited for."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _asked(self, what: str, *arguments: str) -> object:
        """Return the keyring's answer, `_NO_ANSWER` where it has none in time."""
        import keyring  # noqa: PLC0415 - see above
        from keyring.errors import KeyringError  # noqa: PLC0415

        def ask() -> object:
            return getattr(keyring, what)(SERVICE, *arguments)

        try:
            async with asyncio.timeout(_ANSWER_S):
                return await asyncio.get_running_loop().run_in_executor(self._executor, ask)
        except (KeyringError, TimeoutError) as error:
            _log.warning("E-KEYRING: %s failed: %s", what, type(error).__name__)
            return _NO_ANSWER
