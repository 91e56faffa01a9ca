"""One processor core for the small matrices of the light model.

The linear algebra library of numpy (OpenBLAS) shares out every product among all cores. For
products as small as ours that costs more than it gains, and workers of one machine wait for
each other. Where the library is another one, or stands elsewhere, nothing is changed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np

_NAMES = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_")


class _Entered:
    """How many threads are inside, and how many cores there were before the first of them."""

    count = 0
    cores = 1
    lock = Lock()


@contextmanager
def one_core() -> Iterator[None]:
    """Let numpy work on one core meanwhile; several threads may be inside at a time."""
    library = _library()
    if library is None:
        yield
        return
    ask, tell = library
    with _Entered.lock:
        if _Entered.count == 0:
            _Entered.cores = ask()
            tell(1)
        _Entered.count += 1
    try:
        yield
    finally:
        with _Entered.lock:
            _Entered.count -= 1
            if _Entered.count == 0:
                tell(_Entered.cores)


@cache
def _library() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Return how to ask for the number of cores and how to set it."""
    folder = Path(np.__file__).parent.with_name("numpy.libs")
    for file in sorted(folder.glob("*openblas*")):
        try:
            library = ctypes.CDLL(str(file))
        except OSError:
            continue
        for name in _NAMES:
            try:
                return library[name.format("get")], library[name.format("set")]
            except AttributeError:
                continue
    return None
