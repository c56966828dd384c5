"""The two networks: one family, whether it reads the cube or the pseudo-spectra.

Convolutions of stride 2 halve the image again and again, each followed by batch normalisation; what is left
is flattened, not averaged (where the light is, is what tells a lens from a pair), and a dense layer judges
it.

- **Cube**, (y, x, bands): a 1 × 1 convolution first mixes the 56 bands into ``filters[0]`` images, so that
  nothing afterwards is as deep as the cube; the other filters are 3 × 3 convolutions over y and x.
- **Pseudo-spectra**, (2, bands, pixels): both images pass through the same convolutions over band and
  position, with the same weights; then the larger of the two responses is kept, so that exchanging them
  changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from lensfinder.params import Model

# Short, because an epoch of a small training set has few steps; Keras's 0.99 lags behind for the first
# epochs.
MOMENTUM = 0.9


def build_network(model: Model, input_shape: Sequence[int], seed: int) -> keras.Model:
    """Build an untrained network.

    Parameters
    ----------
    model
        ``filters`` of the convolutions, ``dense_units``, ``dropout`` and the representation to read.
    input_shape
        Shape of one image: (y, x, bands) or (2, bands, pixels).
    seed
        Root of the initial weights and of dropout.

    Returns
    -------
    keras.Model
        From images of shape (batch, *input_shape) to probabilities of shape (batch, 1).
    """
    keras.backend.clear_session()  # names of layers count from one, whatever was built before
    keras.utils.set_random_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
    images = layers.Input(tuple(input_shape))
    features = (
        _of_cube(images, model) if model.representation == "cube" else _of_pseudo_spectra(images, model)
    )
    x = layers.Dense(model.dense_units, activation="relu")(features)
    x = layers.Dropout(model.dropout, seed=seed)(x)
    return keras.Model(images, layers.Dense(1, activation="sigmoid")(x), name=model.representation)


def _of_cube(cubes: keras.KerasTensor, model: Model) -> keras.KerasTensor:
    x = _convolution(cubes, model.filters[0], size=1, strides=1)
    for filters in model.filters[1:]:
        x = _convolution(x, filters)
    return layers.Flatten()(x)


def _of_pseudo_spectra(pairs: keras.KerasTensor, model: Model) -> keras.KerasTensor:
    _, n_bands, n_pixels = pairs.shape[1:]
    x = keras.ops.reshape(pairs, (-1, n_bands, n_pixels, 1))  # two images an object, one after the other
    for filters in model.filters:
        x = _convolution(x, filters)
    features = layers.Flatten()(x)
    return keras.ops.max(keras.ops.reshape(features, (-1, 2, features.shape[-1])), axis=1)


def _convolution(x: keras.KerasTensor, filters: int, size: int = 3, strides: int = 2) -> keras.KerasTensor:
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))
