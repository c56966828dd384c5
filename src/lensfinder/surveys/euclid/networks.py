"""The network that reads stamps of two cameras, a branch each."""

from __future__ import annotations

from collections.abc import Mapping

import keras
from keras import layers

from lensfinder.networks.architectures import MOMENTUM, convolution
from lensfinder.params import Model
from lensfinder.surveys.euclid.params import StampModel

VIS_PIXELS, NISP_PIXELS = 60, 20
"""Side of what is looked at, 6" about the deflector: arcs lie within, most neighbours do not."""
HALVED = 2
"""So many convolutions halve an image; the others look at the arcs in what is left."""

# In a stamp divided by its maximum arcs are a few hundredths, beside a deflector of 1: stretched, both are of
# order one.
FAINT = 0.03


def two_branch_cnn(images: Mapping[str, keras.KerasTensor], model: Model) -> keras.KerasTensor:
    """Stamps, ``vis`` (y, x, 1) and ``nisp`` (y, x, 3): a branch each, which meet in one dense layer.

    A branch looks at the middle of its stamp by 3 × 3 convolutions, and keeps the mean and the largest
    response of every filter wherever it is: an arc is an arc on every side of its lens. VIS is halved by its
    first convolutions, NISP, of a third of the pixels a side, by its last. The dense layer is
    batch-normalised too.
    """
    assert isinstance(model, StampModel)
    branches = []
    for x, filters, pixels, first in (
        (images["vis"], model.filters, VIS_PIXELS, 0),
        (images["nisp"], model.nisp_filters, NISP_PIXELS, len(model.nisp_filters) - HALVED),
    ):
        x = layers.Cropping2D(max(0, (x.shape[1] - pixels) // 2))(x)
        if model.normalisation != "asinh":
            x = x / (keras.ops.abs(x) + FAINT)
        for place, number in enumerate(filters):
            x = convolution(x, number, strides=2 if first <= place < first + HALVED else 1)
        branches += [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
    # What the branches leave is nearly all positive. Adam moves all of the weights at once, and within the
    # first steps by so much that rectifiers may fall silent for good: hence normalised.
    x = layers.Dense(model.dense_units, use_bias=False)(layers.Concatenate()(branches))
    return layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))
