"""A JPEG file as a measurement: the cells of its quantisation."""

import math
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from untrained import check
from untrained.check import choice, whole
from untrained.degradation.jpeg_file import SIDE, check_file, decoded_planes, tables_of
from untrained.degradation.operator import Degradation
from untrained.tile import Window

SUBSAMPLINGS = ("4:4:4", "4:2:0")
# JFIF: Y, Cb and Cr of R, G and B.
YCBCR = (
    (0.299, 0.587, 0.114),
    (-0.168735892, -0.331264108, 0.5),
    (0.5, -0.418687589, -0.081312411),
)
GREY = 128  # what a file takes off the luma
WHITE = 255
ROUNDS = 20  # of unclipping, at most; most files need fewer than 6
HALF = 0.5  # a number is at most so far from what was rounded to it


class JpegFile(Degradation):
    """Measure what a JPEG file quantises, A(x) = D C x / q: coefficients in steps of the table q.

    C converts the colours to luma and two chromas. If the file has 4:2:0, C takes the mean of each
    2 x 2 pixels of the chromas. D is the cosine transform of each 8 x 8 block. The file holds the
    whole number y nearest to each coefficient. So the clean image lies in the cell
    |A(x) - y| <= 1/2. The fit minimises mean((A(x) - y)^2), in which a coarse step counts less, and
    `stopping=[rounding]` ends it. At last the image is moved into its cell (`merged`).
    `objective=cell` counts only what is outside of the cell.

    Your own target is the JPEG file itself. The class reads its tables, computes its whole numbers
    from the pixels that Pillow decodes, and crops it to whole blocks. Pillow also saves the file of
    a simulated target.

    Args:
        quality: Quality of the simulated file, 1 to 100.
        subsampling: Colour subsampling of the simulated file, `4:2:0` or `4:4:4`.

    Shape:
        `K c h w` to `K c h w`, with c = 1 or 3. Each coefficient has a place in its block. The
        coefficients of a chroma of half the size are at the top left, with 0 beside them.

    Raises:
        ValueError: If a setting is out of its range. In a call, if the sides are not multiples of 8
            pixels (16 with 4:2:0).

    Reference: ITU-T T.81 (JPEG) and T.871 (JFIF).

    Example:
        >>> JpegFile(quality=10)(torch.ones(1, 3, 64, 32)).shape
        torch.Size([1, 3, 64, 32])
    """

    is_picture = False
    reads_array = False
    shows_noise = False
    is_exact = False
    of_simulation = ("quality", "subsampling")

    def __init__(self, quality: int = 10, subsampling: str = "4:2:0") -> None:
        super().__init__()
        self.quality = whole("quality", quality, most=100)
        self.subsampling = choice("subsampling", subsampling, SUBSAMPLINGS)
        self.halved = self.subsampling == "4:2:0"
        self.tables = tables_of(self.saved(torch.zeros(1, 3, 16, 16)))

    def forward(self, images: Tensor) -> Tensor:
        """Return the coefficients of K images in [0, 1], `K c h w` to `K c h w`.

        Raises:
            ValueError: If the sides are not whole blocks, or c is neither 1 nor 3.
        """
        _, channels, height, width = images.shape
        step = self.step(channels)
        if height % step or width % step or channels not in (1, 3):
            raise ValueError(
                f"image must have 1 or 3 channels and sides that {step} divides for "
                f"degradation=jpeg, got {channels} and {height} x {width}"
            )
        with torch.autocast(images.device.type, enabled=False):
            return self.measured(255 * images)

    def measured(self, images: Tensor) -> Tensor:
        """Return the coefficients of images from 0 to 255, `K c h w` to `K c h w`."""
        if images.shape[1] == 1:
            return self.coefficients(images, 0)
        planes = torch.einsum("dc,kchw->kdhw", images.new_tensor(YCBCR), images)
        luma, chroma = planes[:, :1], planes[:, 1:]
        if self.halved:
            chroma = functional.avg_pool2d(chroma, 2)
        return torch.cat(
            [self.coefficients(luma, 0), self.in_place(self.coefficients(chroma, 1), luma)], 1
        )

    def in_place(self, numbers: Tensor, luma: Tensor) -> Tensor:
        """Return the coefficients of chromas, with 0 beside them up to the size of the luma.

        Args:
            numbers: The coefficients, `K c h' w'`, of the full or the half size.
            luma: An image of the full size, `K 1 h w`.
        """
        beside = (0, luma.shape[3] - numbers.shape[3], 0, luma.shape[2] - numbers.shape[2])
        return functional.pad(numbers, beside)

    def step(self, channels: int) -> int:
        """Return the number of pixels of which the sides must be multiples: 8 or 16."""
        return 2 * SIDE if self.halved and channels == 3 else SIDE

    def coefficients(self, planes: Tensor, table: int) -> Tensor:
        """Return the coefficients of planes `K c h w` from 0 to 255, in steps of a table.

        Args:
            planes: The planes.
            table: 0 for the table of the luma, 1 for the table of the chromas.
        """
        return transformed(planes, cosines(planes)) / self.steps(planes, table)

    def steps(self, planes: Tensor, table: int) -> Tensor:
        """Return the step of each coefficient of some planes, `h w`."""
        height, width = planes.shape[2:]
        return self.tables[table].to(planes).repeat(height // SIDE, width // SIDE)

    def cropped(self, image: Tensor) -> Tensor:
        """Return the part of an image at the top left that consists of whole blocks.

        Raises:
            ValueError: If the image has neither 1 nor 3 channels.
        """
        channels = image.shape[1]
        if channels not in (1, 3):
            raise ValueError(
                f"image must have 1 or 3 channels for degradation=jpeg, got {channels}"
            )
        step = self.step(channels)
        height, width = image.shape[2:]
        return image[..., : height - height % step, : width - width % step]

    def observe(self, image: Tensor) -> Tensor:
        """Return the whole numbers of the file that Pillow saves, `1 c h w`, of `1 c h w`."""
        return self.numbers(self.saved(image)).to(image)

    def saved(self, image: Tensor) -> BytesIO:
        """Return an image `1 c h w` in [0, 1] as a JPEG file."""
        values = (255 * image[0].clamp(0, 1)).round().byte().permute(1, 2, 0).cpu().numpy()
        words: dict[str, Any] = {"quality": self.quality}
        if values.shape[2] == 1:
            picture = Image.fromarray(values[..., 0])
        else:
            picture = Image.fromarray(values)
            words["subsampling"] = self.subsampling
        file = BytesIO()
        picture.save(file, "JPEG", **words)
        return file

    def read(self, path: str) -> Tensor:
        """Read the whole numbers of a JPEG file, `1 c h w`. Its tables become those of A.

        Raises:
            ValueError: If it is not a JPEG file that `check_file` takes.
        """
        place = Path(path).expanduser()
        if not place.is_file():
            raise ValueError(f"path {path!r} {check.absence(place)}")
        file = BytesIO(place.read_bytes())
        self.halved = check_file(path, file)
        self.tables = tables_of(file)
        return self.numbers(file)

    def numbers(self, file: BinaryIO) -> Tensor:
        """Return the whole numbers of a file, `1 c h w`, as A would measure its image.

        A file takes 128 off its luma before the transform. Here the first coefficient of each block
        has these 128 added again.
        """
        luma, *chroma = decoded_planes(file, self.halved)
        luma = self.cropped(luma.expand(1, 3 if chroma else 1, -1, -1))[:, :1]
        height, width = luma.shape[2:]
        grey = torch.zeros_like(luma)
        grey[..., ::SIDE, ::SIDE] = SIDE * GREY / self.tables[0][0, 0]
        found = [self.whole_numbers(luma, 0) + grey]
        factor = 2 if self.halved else 1
        for plane in chroma:
            inner = plane[..., : height // factor, : width // factor]
            found.append(self.in_place(self.whole_numbers(inner, 1), luma))
        return torch.cat(found, 1).float()

    def whole_numbers(self, plane: Tensor, table: int) -> Tensor:
        """Return the whole numbers that a file has of a decoded plane, `1 1 h w`.

        A decoder clips at 0 and 255. Beside black letters on white the file goes beyond, and the
        clipped pixels have other numbers. So the numbers are decoded again, clipped pixels are
        taken from there if they are beyond 0 or 255, and so on until the numbers stay.

        Args:
            plane: The luma or a chroma, from 0 to 255.
            table: 0 for the table of the luma, 1 for the table of the chromas.
        """
        numbers = self.coefficients(plane - GREY, table).round()
        for _ in range(ROUNDS):
            before = numbers
            decoded = self.plane(numbers, table) + GREY
            unclipped = torch.where(plane >= WHITE, decoded.clamp(min=WHITE), plane)
            unclipped = torch.where(plane <= 0, decoded.clamp(max=0), unclipped)
            numbers = self.coefficients(unclipped - GREY, table).round()
            if torch.equal(numbers, before):
                break
        return numbers

    def given(self, target: Tensor) -> Tensor:
        """Return the numbers of your own file as they are."""
        return target

    def grid(self, target: Tensor) -> tuple[int, int]:
        """Return the rows and the columns of the blocks of 8 or 16 pixels."""
        step = self.step(target.shape[1])
        return target.shape[2] // step, target.shape[3] // step

    def windowed(self, target: Tensor, window: Window) -> tuple[Degradation, Tensor]:
        """Return A itself, and the numbers of the blocks of a part; a window is in blocks."""
        place = window.enlarged(self.step(target.shape[1]))
        luma = place.of(target[:, :1])
        if not self.halved or target.shape[1] == 1:
            return self, place.of(target)
        chroma = window.enlarged(SIDE).of(target[:, 1:])
        beside = (0, place.width - chroma.shape[3], 0, place.height - chroma.shape[2])
        return self, torch.cat([luma, functional.pad(chroma, beside)], 1)

    def known(self, target: Tensor) -> Tensor | None:
        """Return where there are numbers, `1 3 h w`, bool; None if they are everywhere."""
        if not self.halved or target.shape[1] == 1:
            return None
        _, channels, height, width = target.shape
        mask = torch.zeros(1, channels, height, width, dtype=torch.bool, device=target.device)
        mask[:, :1] = True
        mask[:, 1:, : height // 2, : width // 2] = True
        return mask

    def colour(self, target: Tensor) -> Tensor:
        """Return the mean colour of the decoded file, `c`: A mixes the channels."""
        picture, _ = self.view(target)
        return picture.mean((0, 2, 3))

    def view(self, target: Tensor) -> tuple[Tensor, str]:
        """Return the file as a picture, `1 c h w`, with bilinear chromas, as decoders show it."""
        picture = self.plane(target[:, :1], 0)
        if target.shape[1] == 3:
            picture = self.colours(picture, target[:, 1:], "bilinear")
        return (picture / 255).clamp(0, 1), "JPEG"

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the nearest image of which each coefficient lies in its cell, `1 c h w`.

        A coefficient that is further than 1/2 from its number y moves to y - 1/2 or y + 1/2.
        """
        away = target - self(image)
        change = away - away.clamp(-HALF, HALF)
        moved = self.plane(change[:, :1], 0)
        if target.shape[1] == 3:
            moved = self.colours(moved, change[:, 1:], "nearest")
        return image + moved / 255

    def colours(self, luma: Tensor, numbers: Tensor, mode: str) -> Tensor:
        """Return red, green and blue from 0 to 255, `K 3 h w`.

        Args:
            luma: The luma, `K 1 h w`, from 0 to 255.
            numbers: The whole numbers of the two chromas, `K 2 h w`.
            mode: How chromas of half the size are enlarged: `nearest`, of which C takes the very
                same means again, or `bilinear`.
        """
        height, width = luma.shape[2:]
        if self.halved:
            numbers = numbers[..., : height // 2, : width // 2]
        chroma = self.plane(numbers, 1)
        if self.halved:
            chroma = functional.interpolate(chroma, size=(height, width), mode=mode)
        inverse = torch.linalg.inv(torch.tensor(YCBCR, dtype=torch.float64)).to(luma)
        return torch.einsum("dc,kchw->kdhw", inverse, torch.cat([luma, chroma], 1))

    def plane(self, numbers: Tensor, table: int) -> Tensor:
        """Return the pixels, from 0 to 255, of whole numbers: the inverse of `coefficients`."""
        return transformed(numbers * self.steps(numbers, table), cosines(numbers).T)


class Cell(nn.Module):
    """The objective of `JpegFile`: how far A(x) is outside of its cells.

    f(A(x), y) = mean(max(0, |A(x) - y| - 1/2)^2). A cell is 1 step of quantisation wide.

    Example:
        >>> Cell()(torch.tensor([0.4, 1.5]), torch.tensor([0.0, 0.0])).item()
        0.5
    """

    def forward(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Return the mean squared distance to the cells, 0-dim, of two tensors of one shape."""
        outside = ((measurement - target).abs() - HALF).clamp(min=0)
        return outside.square().mean()

    def settle(self, degradation: Degradation) -> None:
        """Take the A of the problem.

        Raises:
            ValueError: If A rounds nothing. Pixels are in [0, 1], so every image is in their cells.
        """
        if degradation.is_exact:
            raise ValueError("objective=cell is for degradation=jpeg, whose target is rounded")


def cosines(planes: Tensor) -> Tensor:
    """Return the orthonormal cosine transform of 8 numbers, `8 8`, a row for each frequency."""
    place = torch.arange(SIDE, dtype=torch.float64)
    rows = torch.cos((2 * place + 1) * place[:, None] * math.pi / (2 * SIDE)) / 2
    rows[0] /= math.sqrt(2)
    return rows.to(planes)


def transformed(planes: Tensor, rows: Tensor) -> Tensor:
    """Return the transform of each 8 x 8 block of `K c h w`, in its place.

    Args:
        planes: `K c h w`, with sides that 8 divides.
        rows: The matrix that transforms both axes of a block, `8 8`.
    """
    count, channels, height, width = planes.shape
    blocks = planes.reshape(count, channels, height // SIDE, SIDE, width // SIDE, SIDE)
    found = torch.einsum("ua,kcyaxb,vb->kcyuxv", rows, blocks, rows)
    return found.reshape(count, channels, height, width)
