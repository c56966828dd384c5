"""Surveys and studies by their names, wherever they are installed: entry points, as packaging has them.

Nothing is imported before it is asked for, so that one survey never loads another.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar, cast

from lensfinder.errors import UserError

Loaded = TypeVar("Loaded")

SURVEYS, STUDIES = "lensfinder.surveys", "lensfinder.studies"
"""Groups of entry points; the name of a survey is that of its section in ``params.yaml``."""


@cache
def _of(group: str) -> dict[str, EntryPoint]:
    # A name that two distributions claim goes to the first on the path, as modules do.
    points: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        points.setdefault(point.name, point)
    return points


def names(group: str) -> tuple[str, ...]:
    """Return all names of a group."""
    return tuple(_of(group))


def load(group: str, name: str) -> Any:
    """Import what a name stands for.

    Raises
    ------
    UserError
        If nothing of that name is installed.
    """
    if name not in _of(group):
        kind = group.rpartition(".")[2]
        raise UserError(
            f"{name!r} is none of the installed {kind}: {', '.join(names(group)) or 'there are none'}"
        )
    return _of(group)[name].load()


def resolve(address: str) -> Any:
    """Import ``package.module:name``."""
    module, _, name = address.partition(":")
    return getattr(import_module(module), name)


class Lazy(Generic[Loaded]):
    """Field of a dataclass that is given an address and read as what lies there, imported when it is read.

    Addresses are ``module:name`` below ``package``, another field of the dataclass; an empty one is None.
    """

    def __init__(self, default: str | None = None) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __set__(self, instance: Any, address: str) -> None:
        instance.__dict__[self._name] = address

    def __get__(self, instance: Any, owner: type) -> Loaded:
        if instance is None:
            if self._default is None:
                raise AttributeError(self._name)  # so the dataclass learns that there is no default
            return cast(Loaded, self._default)
        address = instance.__dict__[self._name]
        return cast(Loaded, resolve(f"{instance.package}.{address}") if address else None)
