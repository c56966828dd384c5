"""Settings of TensorFlow that decide speed and the last bits of a result."""

from __future__ import annotations

import logging
import os
import sys

_LOG = logging.getLogger(__name__)

# On CPUs without AVX-512, TensorFlow leaves oneDNN off by itself, and trains at less than half the speed. It
# rounds differently, too: pinned, so that a run can be repeated to the bit.
ONEDNN = "1"


def set_environment() -> None:
    """Set what TensorFlow reads from the environment on import; a user's own log level stays."""
    if "tensorflow" in sys.modules and os.environ.get("TF_ENABLE_ONEDNN_OPTS") != ONEDNN:
        _LOG.warning(
            "TensorFlow was imported before lensfinder.networks could switch oneDNN on: it may be slow, and "
            "the last bits of its results may differ"
        )
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = ONEDNN
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def use_threads(threads: int) -> int:
    """Pin the number of threads and ask for deterministic operations; imports TensorFlow.

    Parameters
    ----------
    threads
        Threads of one operation; 0 means one per core. The order of sums depends on it, hence the last bits.

    Returns
    -------
    int
        The number of threads in use. TensorFlow settles it at its first operation: where another number was
        wanted later in the same process, a warning says so.
    """
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    wanted = threads or cores()
    threading = tf.config.threading
    try:
        threading.set_intra_op_parallelism_threads(wanted)
        # Nearly every operation of these networks waits for the one before it.
        threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        in_use = int(threading.get_intra_op_parallelism_threads()) or cores()
        if in_use != wanted:
            _LOG.warning("TensorFlow already runs with %d threads: %d cannot be set any more", in_use, wanted)
        return in_use
    return wanted
