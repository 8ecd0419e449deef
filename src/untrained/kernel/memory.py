"""How memory is kept and measured: freeing it costs half of each step on a CPU."""

import contextlib
import ctypes
import re
from pathlib import Path

import torch

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def keep_freed_memory() -> bool:
    """Let the C library keep freed memory, so that no step has to fault its pages in anew.

    glibc gives each large tensor back to the kernel and asks for it again at
    the next step: about a million page faults a step at 512 x 512. The price is a
    higher peak of memory, since kept blocks cannot be merged as freely.

    Returns:
        Whether the C library has the switch. Without it nothing happens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, -1))


def reset_peak_memory() -> None:
    """Forget the peak of the memory used before, where the system can."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mb() -> float | None:
    """Return the most memory used since the reset, in MiB; the GPU's if one is in use, else RAM.

    Return None where the system does not know it for the process alone (only Linux does).
    """
    if torch.cuda.is_available() and (peak := torch.cuda.max_memory_allocated()):
        return peak / 2**20
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    peak_kb = re.search(r"^VmHWM:\s*(\d+)", status, re.MULTILINE)
    return int(peak_kb[1]) / 2**10 if peak_kb else None
