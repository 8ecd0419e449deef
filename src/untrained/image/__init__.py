"""Images x: pictures on disk to tensors `1 c h w` in [0, 1], and back."""

from untrained.image.channels import drawn_channels, is_composite
from untrained.image.encode import as_jpeg, encoded, pixels, viewed, write
from untrained.image.npy import MIN_SIDE
from untrained.image.origin import Origin, origin
from untrained.image.picture import read

__all__ = [
    "MIN_SIDE",
    "Origin",
    "as_jpeg",
    "drawn_channels",
    "encoded",
    "is_composite",
    "origin",
    "pixels",
    "read",
    "viewed",
    "write",
]
