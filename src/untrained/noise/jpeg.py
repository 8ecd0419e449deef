"""The errors of a JPEG file."""

from io import BytesIO

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from untrained.check import choice, whole

# How many pixels share a colour in each row and over two rows, as Pillow calls it.
SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")


class Jpeg(nn.Module):
    """Save the picture as a JPEG file and read it again, both by Pillow.

    The errors are not random and have no noise level. Blocks of 8 x 8 pixels lose weak detail, and
    neighbouring pixels share a colour (`subsampling`). `JpegFile` in `degradation/` uses what the
    file says; with this noise the fit sees only the picture.

    Args:
        quality: Quality of the file, 1 (worst) to 100.
        subsampling: `4:2:0` (a square of four pixels shares a colour), `4:2:2` or `4:4:4`. A grey
            picture has no colours to share.

    Raises:
        ValueError: If a setting is out of its range. In a call, if the measurement has neither 1
            nor 3 channels.

    Example:
        >>> Jpeg(quality=10)(torch.full((1, 3, 16, 16), 0.5)).unique().numel()
        1
    """

    needs_picture = True

    def __init__(self, quality: int = 10, subsampling: str = "4:2:0") -> None:
        super().__init__()
        self.quality = whole("quality", quality, most=100)
        self.subsampling = choice("subsampling", subsampling, SUBSAMPLINGS)

    def forward(self, measurement: Tensor) -> Tensor:
        """Return the picture as the file holds it, `1 c h w` to `1 c h w` in [0, 1]."""
        channels = measurement.shape[1]
        if channels not in (1, 3):
            raise ValueError(f"noise=jpeg needs 1 or 3 channels, got {channels}")
        values = (255 * measurement[0].clamp(0, 1)).round().byte().permute(1, 2, 0).cpu().numpy()
        file = BytesIO()
        words = {} if channels == 1 else {"subsampling": self.subsampling}
        picture = Image.fromarray(values.squeeze(2) if channels == 1 else values)
        picture.save(file, "JPEG", quality=self.quality, **words)
        read = np.atleast_3d(np.array(Image.open(file)))
        return (torch.from_numpy(read).permute(2, 0, 1)[None] / 255).to(measurement)
