"""Settings of TensorFlow that decide speed and the last bits of a result."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from lensfinder.cores import cores

_LOG = logging.getLogger(__name__)

# On CPUs without AVX-512, TensorFlow leaves oneDNN off by itself, and trains at less than half the speed. It
# rounds differently, too: pinned, so that a run can be repeated to the bit.
ONEDNN = "1"


def prepare() -> None:
    """Set what TensorFlow reads from the environment, and import it without its chatter.

    Importing it and looking for accelerators, TensorFlow writes lines that read like errors where there is no
    GPU. They are shown if the import fails, or if the user has set ``TF_CPP_MIN_LOG_LEVEL``.
    """
    if "tensorflow" in sys.modules and os.environ.get("TF_ENABLE_ONEDNN_OPTS") != ONEDNN:
        _LOG.warning(
            "TensorFlow was imported before lensfinder.networks could switch oneDNN on: it may be slow, and "
            "the last bits of its results may differ"
        )
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = ONEDNN
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    with _standard_error_kept_back():
        import tensorflow as tf

        tf.config.list_physical_devices()


@contextmanager
def _standard_error_kept_back() -> Iterator[None]:
    """Keep back what C++ code writes to standard error, and write it out only if an exception follows."""
    sys.stderr.flush()
    shown = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(shown, kept.read())
            raise
        finally:
            os.dup2(shown, 2)
            os.close(shown)


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
        # One for the network, whose operations wait for one another, and one that makes its next batch.
        threading.set_inter_op_parallelism_threads(2)
    except RuntimeError:
        in_use = int(threading.get_intra_op_parallelism_threads()) or cores()
        if in_use != wanted:
            _LOG.warning("TensorFlow already runs with %d threads: %d cannot be set any more", in_use, wanted)
        return in_use
    return wanted
