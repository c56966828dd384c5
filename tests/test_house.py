"""The rules of the house: who may import and name whom. Each rule is shown to see a planted violation.

That stages depend on what can change them is in ``test_pipeline.py``; that a survey and a study come from
outside in ``test_outside.py``; that a measure is one entry in ``evaluation/test_evaluation.py``.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping

import pytest
from support.networks import REPRESENTATIONS
from support.project import PARAMS, REPOSITORY

from lensfinder import plugins
from lensfinder.params import read_params
from lensfinder.surveys.registry import survey_of

PACKAGE = REPOSITORY / "src" / "lensfinder"

FLOORS = (
    ("cli",),
    ("studies",),
    ("stages",),
    ("surveys",),
    ("report", "figures"),
    ("evaluation",),
    ("gate", "networks"),
    ("datasets", "tracking"),
    ("sky", "workspace"),
    ("simulation", "params", "lensing"),
    ("compiled", "multiplicity", "plugins", "progress"),
    ("errors", "typing"),
)
"""From top to bottom; an import may only point down, or stay in its room."""

FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ENGINES = {"stages"} | {room for room, floor in FLOOR_OF.items() if floor > FLOOR_OF["surveys"]}

NAMES = re.compile(
    r"j-?pas|euclid(?!ean)|cross.?valid|\bcv\b|\bcv_leak|ablat|occlu(?:de|sion)|hard.?negativ|impostor",
    re.IGNORECASE,
)
"""How surveys and studies are spelled."""

OWNERS = {
    "tensorflow": {"networks"},
    "keras": {"networks", "surveys"},
    "mlflow": {"tracking"},
    "great_expectations": {"gate", "surveys", "studies"},
    "sklearn": {"evaluation"},
}


def sources() -> dict[str, str]:
    """Text of every module by its name, without ``lensfinder.``."""
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path.read_text()
        for path in PACKAGE.rglob("*.py")
        if path.parent != PACKAGE or path.name != "__init__.py"
    }


def imports(tree: ast.AST, everywhere: bool = True) -> Iterator[str]:
    """Names that are imported; not ``everywhere``, only what the import of the module itself runs."""
    for node in ast.walk(tree) if everywhere else at_import(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def at_import(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from at_import(node)


def own_imports(modules: Mapping[str, str], everywhere: bool = True) -> Iterator[tuple[str, str]]:
    """Pairs of module and imported module of the package."""
    for name, text in modules.items():
        for imported in imports(ast.parse(text), everywhere):
            target = imported.removeprefix("lensfinder.")
            if target != imported and target in modules and target != name:
                yield name, target


def named_by_engines(modules: Mapping[str, str]) -> list[str]:
    """Surveys and studies in imports, strings and docstrings of engines; comments do not count."""
    found = []
    for name, text in modules.items():
        if name.split(".")[0] not in ENGINES:
            continue
        tree = ast.parse(text)
        said = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        words = [*imports(tree), *(value for value in said if isinstance(value, str))]
        found += [f"{name}: {match.group()}" for word in words if (match := NAMES.search(word))]
    return found


def upward(modules: Mapping[str, str]) -> list[str]:
    """Imports that point up, to another room of the same floor, or from one survey to another."""
    found = []
    for name, target in own_imports(modules):
        one, other = name.split("."), target.split(".")
        if one[0] != other[0] and FLOOR_OF[one[0]] >= FLOOR_OF[other[0]]:
            found.append(f"{name} imports {target}")
        folders = [".".join(of[:2]) for of in (one, other)]
        are_surveys = [
            of[0] == "surveys" and of[1:2] and survey in plugins.names(plugins.SURVEYS)
            for of, survey in ((one, ".".join(one[1:2])), (other, ".".join(other[1:2])))
        ]
        if are_surveys[1] and one[0] == "surveys" and folders[0] != folders[1]:
            found.append(f"{name} imports {target}: a survey is a place of its own")
    return found


def circles(modules: Mapping[str, str]) -> list[str]:
    """Modules that importing them imports again."""
    after: dict[str, set[str]] = {}
    for name, target in own_imports(modules, everywhere=False):
        after.setdefault(name, set()).add(target)
    done: set[str] = set()
    found: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            found.append(" → ".join((*path[path.index(name) :], name)))
        elif name not in done:
            for target in sorted(after.get(name, ())):
                visit(target, (*path, name))
            done.add(name)

    for name in sorted(modules):
        visit(name, ())
    return found


def users_of(library: str, modules: Mapping[str, str]) -> set[str]:
    return {
        name.split(".")[0]
        for name, text in modules.items()
        if any(imported.split(".")[0] == library for imported in imports(ast.parse(text)))
    }


def test_every_room_has_its_floor() -> None:
    assert {name.split(".")[0] for name in sources()} == set(FLOOR_OF)


@pytest.mark.parametrize("broken", [named_by_engines, upward, circles])
def test_no_rule_is_broken(broken: Callable[[Mapping[str, str]], list[str]]) -> None:
    assert broken(sources()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "import lensfinder.surveys.jpas",
        "from lensfinder.studies import ablations",
        'KIND = "euclid"',
        '"""Serves J-PAS and others."""',
        'x = f"{1} hard negatives"',
        "def f():\n    '''Of a cross-validation.'''",
    ],
)
def test_a_planted_name_is_seen(planted: str) -> None:
    assert named_by_engines({"evaluation.planted": planted})
    assert not named_by_engines({"surveys.planted": planted})
    assert not named_by_engines({"evaluation.planted": "# as J-PAS does\nx = 'Euclidean'"})


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("sky.tables", "from lensfinder.surveys.survey import Survey"),
        ("figures.style", "from lensfinder.report import verdict"),
        ("surveys.survey", "from lensfinder.stages import train"),
        ("surveys.jpas.params", "def f():\n    from lensfinder.surveys.euclid import params"),
        ("surveys.registry", "import lensfinder.surveys.jpas.params"),
    ],
)
def test_a_planted_import_upward_is_seen(module: str, planted: str) -> None:
    assert upward({**sources(), module: planted})


def test_a_planted_circle_is_seen() -> None:
    planted = {"sky.a": "from lensfinder.sky import b", "sky.b": "import lensfinder.sky.a"}
    assert circles(planted) == ["sky.a → sky.b → sky.a"]
    late = {**planted, "sky.b": "def f():\n    import lensfinder.sky.a"}
    assert circles(late) == []


@pytest.mark.parametrize("library", OWNERS)
def test_heavy_libraries_stay_in_their_rooms(library: str) -> None:
    assert users_of(library, sources()) == OWNERS[library]
    assert users_of(library, {"sky.planted": f"def f():\n    import {library}.x"}) == {"sky"}


@pytest.mark.parametrize(
    "module",
    [
        "lensfinder.cli",
        "lensfinder.stages.simulate",
        "lensfinder.stages.train",
        "lensfinder.stages.compare",
        "lensfinder.surveys.jpas.parts",
        "lensfinder.surveys.euclid.parts",
    ],
)
def test_heavy_libraries_load_only_when_used(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {sorted(OWNERS)} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_network_is_one_function_that_params_yaml_names() -> None:
    params = read_params(PARAMS)
    for name in params.surveys:
        for model in params.survey(name).models.values():
            representation = survey_of(name).representations[model.representation]
            assert callable(plugins.resolve(representation.networks[model.architecture]))
    for representation in REPRESENTATIONS.values():
        assert all(callable(plugins.resolve(address)) for address in representation.networks.values())
