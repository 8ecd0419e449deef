"""Images x: pictures on disk to tensors `1 c h w` in [0, 1], and back."""

from untrained.image.encode import as_jpeg, encoded, pixels, viewed, write
from untrained.image.origin import Origin, origin
from untrained.image.picture import MIN_SIDE, read

__all__ = [
    "MIN_SIDE",
    "Origin",
    "as_jpeg",
    "encoded",
    "origin",
    "pixels",
    "read",
    "viewed",
    "write",
]
