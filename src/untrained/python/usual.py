"""PyTorch as it starts, whatever a notebook has set: for the same bits as on the command line."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch


@contextmanager
def usual_pytorch() -> Iterator[None]:
    """Have PyTorch's own defaults while the body runs: single precision, the CPU, gradients.

    So a fit is the same under `torch.set_default_dtype(torch.float64)`, `torch.inference_mode()`
    or `torch.autocast(...)`. What was set is restored.
    """
    number, device = torch.get_default_dtype(), torch.get_default_device()
    with ExitStack() as modes:
        modes.enter_context(torch.inference_mode(False))
        modes.enter_context(torch.enable_grad())
        for kind in ("cpu", "cuda"):
            modes.enter_context(torch.autocast(kind, enabled=False))
        if device.type != "cpu":  # A mode of this kind costs time at each call.
            modes.enter_context(torch.device("cpu"))
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(number)
