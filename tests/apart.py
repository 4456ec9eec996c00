"""A thread apart, for what brings a loop of its own: in tests of a browser, Playwright has the main one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def apart(function: Callable, *arguments: Any) -> Any:
    """Call a function on a thread of its own, and return what it returns."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()
