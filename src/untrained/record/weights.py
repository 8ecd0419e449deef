"""The weights of networks as few bytes, without loss, and the files of PyTorch."""

import io
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untrained.record.file import write_whole

WIDTH = 4
"""Bytes of a number in single precision."""


def packed(weights: Iterable[Tensor]) -> Tensor:
    """Return the weights as compressed bytes, uint8, on the CPU.

    Signs and exponents of weights are alike, and their last digits are noise. So the first bytes
    of all numbers stand side by side, then the second bytes, and so on. This saves 15%.

    Example:
        >>> weights = [torch.ones(3), torch.tensor([[0.5]])]
        >>> unpacked(packed(weights), like=weights)
        [tensor([1., 1., 1.]), tensor([[0.5000]])]
    """
    whole = np.concatenate([bytes_of(each) for each in weights])
    planes = np.concatenate([whole[place::WIDTH] for place in range(WIDTH)])
    return torch.frombuffer(bytearray(zlib.compress(planes.tobytes())), dtype=torch.uint8)


def unpacked(saved: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """Return the weights that `packed` was given.

    Args:
        saved: What it returned.
        like: Tensors of the same types and shapes, in the same order.

    Raises:
        RuntimeError: If these tensors have more or fewer bytes.
    """
    planes = np.frombuffer(zlib.decompress(saved.numpy().tobytes()), np.uint8)
    whole = np.empty_like(planes)
    begin = 0
    for place in range(WIDTH):
        plane = whole[place::WIDTH]
        plane[:] = planes[begin : begin + len(plane)]
        begin += len(plane)
    parts = torch.split(torch.from_numpy(whole), [each.nbytes for each in like])
    return [
        part.clone().view(each.dtype).reshape(each.shape)
        for part, each in zip(parts, like, strict=True)
    ]


def bytes_of(weight: Tensor) -> NDArray[np.uint8]:
    """Return the bytes of a tensor."""
    return weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()


def write_saved(path: Path, content: Any) -> None:  # noqa: ANN401
    """Write what `torch.load` reads, whole or not at all.

    Raises:
        OSError: If it cannot be written. PyTorch's own file tells a full disk from no defect.
    """
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_whole(path, buffer.getbuffer())


def read_saved(path: Path) -> Any:  # noqa: ANN401
    """Read what `torch.save` has written, onto the CPU.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is cut short or damaged, as a computer may leave it that loses its power.
    """
    with path.open("rb") as file:
        try:
            return torch.load(file, map_location="cpu", weights_only=True)
        except MemoryError:  # Of this the file is innocent.
            raise
        except Exception:  # Damage is met with exceptions of every kind.
            said = "is cut short or damaged: remove it, and what it holds is fitted anew"
            raise ValueError(f"{path} {said}") from None
