"""Keep freed memory, and measure memory. Freeing it takes half of each step on a CPU."""

import contextlib
import ctypes
import re
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
MMAP_MAX = 65536  # glibc's own
PROCESS = Path("/proc/self")
CONTROL_GROUPS = Path("/sys/fs/cgroup")
# The files of the limit and of what is used, of control groups of versions 2 and 1.
LIMITS = (
    ("memory.max", "memory.current"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes"),
)
# The switch of the C library, once it keeps freed memory.
keeping: list[Callable[[int, int], int]] = []
UNLIMITED = 2**60  # Without a limit, version 1 has a number that no machine reaches.


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
    if not (mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, -1)):
        return False
    keeping[:] = [mallopt]
    return True


@contextlib.contextmanager
def given_back() -> Iterator[None]:
    """Return the large blocks of the body to the system, even where freed memory is kept.

    This is for an operation with a large scratch. oneDNN's gradient of the weights of a 1x1
    convolution in bfloat16 takes four times the bytes of its map, and touches few of them. Among
    the kept blocks such a scratch pulls the maps apart: the heap doubles, and the peak of memory
    differs by half from run to run.
    """
    if not keeping:
        yield
        return
    (mallopt,) = keeping
    mallopt(M_MMAP_MAX, MMAP_MAX)
    try:
        yield
    finally:
        mallopt(M_MMAP_MAX, 0)


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
    of_gpu = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
    if of_gpu:
        return of_gpu / 2**20
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    peak_kb = re.search(r"^VmHWM:\s*(\d+)", status, re.MULTILINE)
    return int(peak_kb[1]) / 2**10 if peak_kb else None


def available_memory() -> int | None:
    """Return the bytes of memory that this process may still take, or None where nobody knows.

    It is the least of what the machine has free, what a container (Linux's control groups) allows,
    and what `ulimit -v` does.
    """
    limits = (free_of_machine(), free_of_container(), free_of_process())
    return min((limit for limit in limits if limit is not None), default=None)


def free_of_machine() -> int | None:
    """Return the bytes that the machine has free; None where psutil cannot tell."""
    try:
        return int(psutil.virtual_memory().available)
    except (OSError, RuntimeError):
        return None


def free_of_container() -> int | None:
    """Return the bytes that the control groups of this process have left; None without a limit."""
    left = []
    for group in control_groups():
        for limit_name, used_name in LIMITS:
            try:
                limit = int((group / limit_name).read_text())
                used = int((group / used_name).read_text())
            except (OSError, ValueError):  # There is no such file, or it says 'max'.
                continue
            if limit < UNLIMITED:
                left.append(max(0, limit - used))
    return min(left, default=None)


def free_of_process() -> int | None:
    """Return the bytes of addresses that `ulimit -v` leaves this process; None without a limit."""
    try:
        process = psutil.Process()
        limit, _ = process.rlimit(psutil.RLIMIT_AS)
        used = process.memory_info().vms
    except (AttributeError, OSError, psutil.Error):  # Only Linux has it.
        return None
    return None if limit in (psutil.RLIM_INFINITY, -1) else max(0, limit - used)


def control_groups() -> list[Path]:
    """Return the folders of the control groups of this process, with all that they are in."""
    try:
        lines = (PROCESS / "cgroup").read_text().splitlines()
    except OSError:  # It is not Linux.
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            place = CONTROL_GROUPS / controllers / path.strip("/")
            above = [each for each in place.parents if each.is_relative_to(CONTROL_GROUPS)]
            found += [place, *above]
    return found


class Taken(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Count the bytes of the tensors that are made in a `with` block.

    `peak` is the most at one time, and `largest` the most that one of them has.

    PyTorch's own profiler knows them too, but writes lines of its own to the console. The backward
    pass on a CPU runs in the thread that asks for it, and so is seen.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = self.largest = 0
        self.sizes: dict[int, int] = {}

    def __torch_dispatch__(
        self,
        operation: Any,  # noqa: ANN401 - PyTorch's own
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Run an operation, and count what it has made."""
        result = operation(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self.count(leaf.untyped_storage())
        self.peak = max(self.peak, self.now)
        return result

    def count(self, storage: torch.UntypedStorage) -> None:
        """Count a block of memory, until it is let go."""
        key = storage._cdata
        if key not in self.sizes:
            self.sizes[key] = storage.nbytes()
            self.now += self.sizes[key]
            self.largest = max(self.largest, self.sizes[key])
            weakref.finalize(storage, self.forget, key)

    def forget(self, key: int) -> None:
        """Take a block off that was let go."""
        self.now -= self.sizes.pop(key)
