"""Read a target that is not a picture from a NumPy array."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untrained import check
from untrained.image import MIN_SIDE


def read_array(path: str | Path, takes_complex: bool = False) -> Tensor:
    """Read an array of finite numbers, float32. Complex numbers get a last axis of 2.

    Args:
        path: A `.npy` file.
        takes_complex: Whether complex numbers mean something here.

    Returns:
        The array, of any shape; `*n 2` if it is complex.

    Raises:
        ValueError: If the file cannot be read, is not an array of numbers, or has a value that is
            not finite in single precision. The message is one line and begins with `path`.
    """
    array = loaded(path)
    if not array.size or not np.isfinite(array).all():
        raise ValueError(f"path {str(path)!r} has values that are not finite, or none")
    is_complex = array.dtype.kind == "c"
    if is_complex and not takes_complex:
        raise ValueError(
            f"path {str(path)!r} is an array of {array.dtype}; real numbers are needed"
        )
    with np.errstate(over="ignore"):
        single = array.astype(np.complex64 if is_complex else np.float32)
    if not np.isfinite(single).all():
        raise ValueError(
            f"path {str(path)!r} has values up to {np.abs(array).max():.3g}, beyond single "
            "precision (3.4e38): scale them"
        )
    numbers = torch.from_numpy(single)
    return torch.view_as_real(numbers) if is_complex else numbers


def loaded(path: str | Path) -> NDArray[Any]:
    """Read an array of numbers as it is.

    Raises:
        ValueError: If the file cannot be read, or is not an array of numbers. The message is one
            line and begins with `path`.
    """
    place = Path(path).expanduser()
    if not place.is_file():
        raise ValueError(f"path {str(path)!r} {check.absence(place)}")
    try:
        array = np.load(place, allow_pickle=False)
    except Exception:  # Damage is met with exceptions of every kind.
        array = None
    if not isinstance(array, np.ndarray):
        raise ValueError(f"path {str(path)!r} is not a NumPy array (.npy), which is needed here")
    if array.dtype.kind not in "buifc":
        raise ValueError(f"path {str(path)!r} is an array of {array.dtype}; numbers are needed")
    return array


def check_array(target: Tensor, shape: tuple[int, ...]) -> None:
    """Refuse a target to which no image can be fitted, if the target is not a picture.

    Args:
        target: The target, as A could have made it, `1 *m`.
        shape: Shape of the image, `1 c h w`.

    Raises:
        ValueError: If a side of the image is under 16 pixels, or if scaling made a number too large
            for single precision.
    """
    if min(shape[2:]) < MIN_SIDE:
        sides = " x ".join(map(str, shape[2:]))
        raise ValueError(
            f"target is of an image of {sides} pixels; at least {MIN_SIDE} x {MIN_SIDE} are needed"
        )
    if not target.isfinite().all():
        raise ValueError("target is not finite once it is divided by degradation.white")
