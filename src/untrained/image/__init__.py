"""Images x: pictures on disk to tensors `1 c h w` in [0, 1], and back."""

from untrained.image.picture import MIN_SIDE, as_jpeg, encoded, pixels, read, write

__all__ = ["MIN_SIDE", "as_jpeg", "encoded", "pixels", "read", "write"]
