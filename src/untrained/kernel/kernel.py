"""Kernel: how a network is computed. It changes no result but by rounding."""

from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from untrained.check import choice, flag
from untrained.kernel.rows import channels_last

MODES = (None, "default", "reduce-overhead")


@runtime_checkable
class Fusible(Protocol):
    """A module with two paths: the plain layers, and where `fused` is true `untrained.kernel`."""

    fused: bool


class Kernel:
    """Prepare a network to be computed fast.

    A network knows none of these words. It computes by the plain layers, in the layout of its code,
    until it is prepared. A network without a fused path of its own is prepared all the same.

    Args:
        channels_last: Compute in the channels-last memory layout.
        fused: Compute by the functions of `untrained.kernel.fused` where a module knows them. They
            do the same mathematics in fewer passes over memory, and are for a CPU.
        compiled: Mode in which `torch.compile` compiles the network, 'default' or, for CUDA
            graphs, 'reduce-overhead'. None leaves the network uncompiled.

    Raises:
        ValueError: If a word has another value, or `fused` is true and `channels_last` is not.
    """

    def __init__(
        self, channels_last: bool = True, fused: bool = True, compiled: str | None = None
    ) -> None:
        self.channels_last = flag("channels_last", channels_last)
        self.fused = flag("fused", fused)
        self.compiled = choice("compiled", compiled, MODES)
        if fused and not channels_last:
            raise ValueError("fused must be false if channels_last is false")

    def prepare(self, network: nn.Module) -> None:
        """Set the layout, the path and the compiler of a network, in place.

        A network is prepared once, after it is copied where a copy is needed.

        Args:
            network: Any network that is called with its code alone, `network(code)`.
        """
        network.register_forward_pre_hook(to_channels_last if self.channels_last else to_contiguous)
        for module in network.modules():
            if isinstance(module, Fusible):
                module.fused = self.fused
        if self.compiled is not None:
            network.compile(mode=self.compiled, dynamic=False)


def to_channels_last(network: nn.Module, inputs: tuple[Tensor]) -> Tensor:
    """Return the code of a network, `1 c *n`, in the channels-last layout."""
    return channels_last(inputs[0])


def to_contiguous(network: nn.Module, inputs: tuple[Tensor]) -> Tensor:
    """Return the code of a network, `1 c *n`, in PyTorch's own layout."""
    return inputs[0].contiguous()
