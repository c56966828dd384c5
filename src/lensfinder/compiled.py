"""The two decorators through which code is compiled by numba; their types are kept for mypy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.extending import register_jitable

Function = TypeVar("Function", bound=Callable[..., Any])


def _digest_of_sources() -> str:
    """Digest of the package: kernels compile formulae and constants of other modules into themselves."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


_SOURCES = _digest_of_sources()


def jitable(function: Function) -> Function:
    """Leave `function` plain NumPy for Python callers and let compiled callers compile the same source."""
    return register_jitable(function)


def compiled(function: Function) -> Function:
    """Compile `function` once per version of the package, cached on disk, free of the interpreter's lock.

    numba's own cache looks only at the file of the compiled function: after a change in another file whose
    formulae or constants it holds it would go on running the old ones. Hence a cache folder named after the
    sources.
    """
    config: Any = numba.config  # fills its attributes at run time, which mypy cannot see
    configured = config.CACHE_DIR
    folder = Path(configured or Path(function.__code__.co_filename).parent / "__pycache__")
    config.CACHE_DIR = str(folder / f"compiled-{_SOURCES}")
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    finally:
        config.CACHE_DIR = configured
