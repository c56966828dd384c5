"""lensfinder: train, compare and trust neural networks that find strong gravitational lenses."""

import os
import platform

__version__ = "0.1.0"

# NumPy has its own exp, log and the like for processors with AVX-512, which round otherwise than those for
# all others: catalogues would differ from machine to machine. It reads this when it is imported.
if platform.machine() in ("x86_64", "AMD64"):
    os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V4 AVX512_ICL AVX512_SPR"
