"""A ``.keras`` file as what MLflow takes for a model, without building the network that it holds."""

from __future__ import annotations

import json
import shutil
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("keras", "tensorflow", "numpy")


class SavedNetwork:
    """A network in a file.

    MLflow asks a Keras model only to save itself; this one copies its file, so that the run holds the very
    bytes that DVC keeps.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, path: str) -> None:
        """Write the network to another file."""
        shutil.copyfile(self.path, path)

    def input_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of one image of each input, by its name, read from the network's configuration."""
        with zipfile.ZipFile(self.path) as file:
            config: dict[str, Any] = json.loads(file.read("config.json"))
        inputs = [layer for layer in config["config"]["layers"] if layer["class_name"] == "InputLayer"]
        return {layer["config"]["name"]: tuple(layer["config"]["batch_shape"][1:]) for layer in inputs}

    def metadata(self) -> dict[str, Any]:
        """Return what goes in, shape of each input by its name, types and unit, and what comes out.

        In a signature an input has one type, and MLflow refuses all others; a network takes flux of any
        floating-point type. So this stands in the place of a signature, and Keras is left to check shapes,
        which it does until a loaded network has seen several.
        """
        shapes = {name: [-1, *shape] for name, shape in self.input_shapes().items()}
        return {
            "input_shapes": shapes,  # several are handed over in a dictionary, the only one as an array
            "input_types": ["float16", "float32", "float64"],
            "input_unit": "uJy",
            "output": "probability of being a lens, float32 of shape [-1, 1]",
        }

    def requirements(self) -> list[str]:
        """Return the packages, with versions, that the network was made with."""
        return [f"{package}=={version(package)}" for package in PACKAGES]
