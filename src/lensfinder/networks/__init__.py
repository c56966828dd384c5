"""Networks: architectures, what they read, training and prediction.

TensorFlow takes its settings from the environment when it is first imported, so they are set before any
module of this package imports it.
"""

from __future__ import annotations

from lensfinder.networks.backend import prepare

prepare()
