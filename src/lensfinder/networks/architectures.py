"""The networks: one family, whatever it reads.

An architecture is a function from images to features; ``params.yaml`` names it (``architecture:``), and a
:class:`~lensfinder.datasets.representation.Representation` says which can read it. Those of this module serve
every survey; a survey may bring its own.

Convolutions of stride 2 halve the image again and again, each followed by batch normalisation, and a dense
layer judges what is left. Here that is flattened, not pooled: where the light is, is what tells a lens from a
pair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import keras
import numpy as np
from keras import layers

from lensfinder.datasets.representation import Representation
from lensfinder.networks.normalisation import normalise
from lensfinder.params import Model
from lensfinder.plugins import resolve

# Short, because an epoch of a small training set has few steps; Keras's 0.99 lags behind for the first
# epochs.
MOMENTUM = 0.9

Architecture: TypeAlias = Callable[[Mapping[str, keras.KerasTensor], Model], keras.KerasTensor]
"""From the images of each input, by its name, of shape (batch, ...), to features of shape (batch, n)."""


def build_network(
    model: Model,
    representation: Representation,
    input_shapes: Sequence[Sequence[int]],
    seed: int,
    reads_flux: bool = False,
) -> keras.Model:
    """Build an untrained network.

    Parameters
    ----------
    model
        ``architecture``, ``filters`` of the convolutions, ``dense_units`` and ``dropout``.
    representation
        What it reads.
    input_shapes
        Shape of one image of each input: (y, x, bands) or (1 or 2, bands, pixels).
    seed
        Root of the initial weights and of dropout.
    reads_flux
        Whether it takes flux in µJy and normalises it, as a saved network does; otherwise its images must be
        normalised, as those of a training are.

    Returns
    -------
    keras.Model
        From images of shape (batch, *input_shape) to probabilities of shape (batch, 1). Several inputs
        are a dictionary, by the names of the representation's forms.
    """
    keras.backend.clear_session()  # names of layers count from one, whatever was built before
    keras.utils.set_random_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
    architecture: Architecture = resolve(representation.networks[model.architecture])
    names = [form.name for form in representation.forms]
    several = len(names) > 1
    images = {
        name: layers.Input(tuple(shape), name=name if several else None)
        for name, shape in zip(names, input_shapes, strict=True)
    }
    seen = images
    if reads_flux:
        seen = {
            form.name: normalise(images[form.name], form, model.normalisation)
            for form in representation.forms
        }
    x = layers.Dropout(model.dropout, seed=seed)(architecture(seen, model))
    inputs = images if several else images[names[0]]
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x), name=model.representation)


def cube_cnn(images: Mapping[str, keras.KerasTensor], model: Model) -> keras.KerasTensor:
    """Cube, (y, x, bands): a 1 × 1 convolution first mixes the bands into ``filters[0]`` images.

    So nothing afterwards is as deep as the cube; the other filters are 3 × 3 convolutions over y and x. A
    white image is a cube of one band. Colours are a cube of one pixel, of which the network makes a few dense
    layers: only the middle of a 3 × 3 kernel ever meets it.
    """
    [cubes] = images.values()
    x = convolution(cubes, model.filters[0], size=1, strides=1)
    for filters in model.filters[1:]:
        x = convolution(x, filters)
    return layers.Dense(model.dense_units, activation="relu")(layers.Flatten()(x))


def pseudo_spectra_cnn(images: Mapping[str, keras.KerasTensor], model: Model) -> keras.KerasTensor:
    """Pseudo-spectra, (2, bands, pixels): both pass through the same convolutions over band and position.

    They share all weights; then the larger of the two responses is kept, so that exchanging them changes
    nothing. Of one alone, (1, bands, pixels), the only response is kept.
    """
    [pseudo_spectra] = images.values()
    n_images, n_bands, n_pixels = pseudo_spectra.shape[1:]
    # The images of an object are one after the other.
    x = keras.ops.reshape(pseudo_spectra, (-1, n_bands, n_pixels, 1))
    for filters in model.filters:
        x = convolution(x, filters)
    features = layers.Flatten()(x)
    largest = keras.ops.max(keras.ops.reshape(features, (-1, n_images, features.shape[-1])), axis=1)
    return layers.Dense(model.dense_units, activation="relu")(largest)


def convolution(x: keras.KerasTensor, filters: int, size: int = 3, strides: int = 2) -> keras.KerasTensor:
    """Convolve, normalise over the batch, rectify."""
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))
