"""The allocator's habits, which cost the authors' networks half of each step on a CPU."""

import ctypes
import sys

import torch

try:
    import resource
except ImportError:  # Windows has no such module.
    resource = None  # type: ignore[assignment]

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def keep_freed_memory() -> bool:
    """Let the C library keep what is freed, so that no step has to fault its pages in anew.

    glibc gives each large tensor back to the kernel and asks for it again at
    the next step: about a million page faults a step at 512 x 512. The price is a
    higher peak of memory, since what is kept cannot be merged as freely.

    Returns:
        Whether the C library has the switch; where it has not, nothing happens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, -1))


def peak_memory_mb() -> float | None:
    """Give the most memory used so far, in MiB: of the GPU if one is in use, else the process."""
    if torch.cuda.is_available() and (peak := torch.cuda.max_memory_allocated()):
        return peak / 2**20
    if resource is None:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
