"""Ownership of asyncio tasks: whoever starts one keeps it, names it and cancels it."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class TaskOwner:
    """Keeps the tasks of one component.

    A task that ends with an exception is reported to the loop's exception handler at once,
    not when it happens to be collected.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` on the running loop until it ends or the owner closes.

        Raises:
            RuntimeError: the owner was closed.
        """
        if self._closed:
            work.close()
            message = f"{self.name} is closed and can't start {name}"
            raise RuntimeError(message)
        task = asyncio.get_running_loop().create_task(work, name=f"{self.name}.{name}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    async def close(self) -> None:
        """Cancel every task and wait until all have ended. Harmless when repeated."""
        self._closed = True
        current = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not current]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            task.get_loop().call_exception_handler(
                {"message": f"task {task.get_name()} failed", "exception": error, "task": task}
            )
