"""PyTorch as it starts, whatever a notebook has set: for the same bits as on the command line."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch


@dataclass
class Precision:
    """The default type of PyTorch's numbers, which all threads share.

    Args:
        inside: How many threads need single precision now.
        wanted: What the user has set.
    """

    inside: int = 0
    wanted: torch.dtype = torch.float32


PRECISION = Precision()
LOCK = threading.Lock()


@contextmanager
def usual_pytorch() -> Iterator[None]:
    """Have PyTorch's own defaults while the body runs: single precision, the CPU, gradients.

    So a fit is the same under `torch.set_default_dtype(torch.float64)`, `torch.inference_mode()`
    or `torch.autocast(...)`. What was set is restored.
    """
    device = torch.get_default_device()
    with ExitStack() as modes:
        modes.enter_context(torch.inference_mode(False))
        modes.enter_context(torch.enable_grad())
        for kind in ("cpu", "cuda"):
            modes.enter_context(torch.autocast(kind, enabled=False))
        if device.type != "cpu":  # A mode of this kind costs time at each call.
            modes.enter_context(torch.device("cpu"))
        modes.enter_context(single_precision())
        yield


@contextmanager
def single_precision() -> Iterator[None]:
    """Have single precision as the default type while the body runs, in several threads at once.

    The first thread sets it, and the last one restores what the user has set.
    """
    with LOCK:
        set_now = torch.get_default_dtype()
        if not PRECISION.inside or set_now != torch.float32:
            PRECISION.wanted = set_now
        PRECISION.inside += 1
        torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        with LOCK:
            PRECISION.inside -= 1
            is_ours = torch.get_default_dtype() == torch.float32
            if not PRECISION.inside and is_ours:
                torch.set_default_dtype(PRECISION.wanted)
