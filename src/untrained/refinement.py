"""Refinements: the last step of a run, which improves its result by means of the target."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from untrained import check
from untrained.collaborative import Filter
from untrained.degradation.identity import Identity
from untrained.noise.clipping import unclipped
from untrained.noise.detail import NORMAL
from untrained.noise.kind import is_correlated, is_impulsive
from untrained.noise.level import is_readable
from untrained.problem import Problem

LARGEST = 16  # side of a block in pixels: the covariance of a group has size^4 numbers
MOST = 64  # blocks of a group; in a corner 121 are within the radius


class Refinement(nn.Module, ABC):
    """The base class of a refinement: it improves the result of a fit once, after the fit."""

    @abstractmethod
    def forward(self, image: Tensor, target: Tensor, known: Tensor | None = None) -> Tensor:
        """Return the refined image, `1 c h w`.

        Args:
            image: The result of the fit, `1 c h w`.
            target: The target y, `1 c h w`; of a target with lost pixels what
                `Degradation.pixels` returns.
            known: Which pixels are known, of a shape that broadcasts to `1 c h w`. None is all.
        """

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the refinement is wrong for a problem, in words; None if it is right."""
        return None


class NoRefinement(Refinement):
    """Leave the image as it is."""

    def forward(self, image: Tensor, target: Tensor, known: Tensor | None = None) -> Tensor:
        """Return the image itself."""
        return image


class CollaborativeWiener(Refinement):
    """Wiener filters of groups of similar blocks, steered by the network's image.

    A network that is stopped in time lacks some detail of the target, and has some of its noise.
    The filters reduce both errors. White noise is filtered twice, and the first result steers the
    second filter:

    1. Blocks of 5 x 5 pixels in groups of 16, by cosine transforms. Where the target differs from
       the image by more than the noise does, the difference counts as detail that the network
       lacks.
    2. Blocks of `size` x `size` pixels in groups of `alike`, by the principal components of each
       group. The image of the first filter is clean enough to have such components.

    With correlated noise coarse detail and noise are hard to tell apart. Then the result is one
    third of the image and two thirds of one filter, which is the first without such detail.

    At last what clipping did to the mean of white noise is undone, at black and at white
    (`noise.clipping`). In a photo, whose noise is correlated, nothing is known of the clipping: it
    was done before the camera's own processing.

    Lost pixels are filled by the network's image with white noise, as strong as the residual of the
    known pixels. So all of the target has noise, and the filters need know nothing of the mask. The
    result is the mean of two, one with this noise and one with its negative, so that most of it
    cancels. If the noise is impulses (`is_impulsive`), the image stays as it is.

    Three channels are filtered as opponent colours, and other channels as their principal
    components (`axes_of_colours`). The gain is in docs/quality.md.

    This is the second stage of BM3D (Dabov, Foi, Katkovnik and Egiazarian, IEEE Trans. Image
    Processing 16(8), 2007; for colours IEEE ICIP 2007). The principal components of a group are
    those of Zhang, Dong, Zhang and Shi (Pattern Recognition 43(4), 2010). We differ in these
    points: the network's image replaces the first stage; the noise level is read off the residual,
    for each brightness; detail that the image lacks is estimated; the mean of a group is not
    filtered; blocks have no window.

    Args:
        size: Side of a block of the second filter in pixels, 2 to 16.
        alike: Number of blocks in a group of the second filter, 1 to 64.
        unclip: Whether to undo what clipping did to the mean.

    Raises:
        ValueError: If `size` or `alike` is not a whole number in this range, or `unclip` is not
            true or false.

    Example:
        >>> clean = torch.zeros(1, 1, 32, 32)
        >>> noisy = clean + 0.1 * torch.randn(1, 1, 32, 32, generator=torch.manual_seed(0))
        >>> refined = CollaborativeWiener()(clean, noisy)
        >>> bool(refined.std() < noisy.std() / 10)
        True
    """

    def __init__(self, size: int = 7, alike: int = 64, unclip: bool = True) -> None:
        super().__init__()
        self.size = check.whole("size", size, least=2, most=LARGEST)
        self.alike = check.whole("alike", alike, most=MOST)
        self.unclip = check.flag("unclip", unclip)

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the filter is wrong for a problem, in words; None if it is right.

        Raises:
            ValueError: If `size` is over half of the shorter side of the target, so that the border
                of a mirrored block does not fit.
        """
        has_lost_pixels = problem.degradation.pixels(target) is not None
        if not has_lost_pixels and not isinstance(problem.degradation, Identity):
            return "the target does not consist of pixels of the image"
        if not problem.noisy:
            return "the target has no noise"
        if not is_readable(target):
            return "the target is not a picture of at least 16 x 16 pixels"
        # Lost pixels look like impulses. `forward` sees which are.
        if not has_lost_pixels and is_impulsive(target):
            return "its noise is impulses, which have no spectrum"
        height, width = target.shape[2:]
        most = min(height, width) // 2
        if self.size > most:
            raise ValueError(
                f"refinement.size must be at most {most} with a target of {height} x {width} "
                f"pixels, half of its shorter side, got {self.size}"
            )
        return None

    def forward(self, image: Tensor, target: Tensor, known: Tensor | None = None) -> Tensor:
        """Return the refined image, `1 c h w`; it is in [0, 1] if the image is."""
        if known is None:
            return self.filtered(image, target)
        known = known.bool().expand_as(target)
        noise = torch.randn(target.shape, generator=torch.Generator().manual_seed(0)).to(image)
        residual = (target - image)[known]
        # A median, since impulses would raise the mean square until none stands out.
        usual = residual.abs().median() / NORMAL
        if is_impulsive(filled(image, usual * noise, target, known)):
            return image
        noise = noise * residual.square().mean().sqrt()
        whole = [filled(image, each, target, known) for each in (noise, -noise)]
        return torch.stack([self.filtered(image, each) for each in whole]).mean(0)

    def filtered(self, image: Tensor, target: Tensor) -> Tensor:
        """Return what the filters make of a target of which all pixels are known, `1 c h w`."""
        pilot, noisy = image[0].cpu().float(), target[0].cpu().float()
        axes = axes_of_colours(pilot)
        pilot, noisy = along(axes, pilot), along(axes, noisy)
        is_white = not is_correlated(target)
        if is_white:
            first = Filter(size=5, alike=16, margin=0.1)
            second = Filter(self.size, self.alike, adapted=True)
            filtered = second(first(pilot, noisy), noisy)
        else:
            once = Filter(size=5, alike=16)
            filtered = (pilot + 2 * once(pilot, noisy)) / 3
        refined = along(axes.T, filtered)[None].to(image)
        refined = refined.clamp(image.amin().clamp(max=0), image.amax().clamp(min=1))
        return unclipped(refined, target) if is_white and self.unclip else refined


def filled(image: Tensor, noise: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Return the target with the image and noise in its lost pixels, clipped as the target is."""
    low, high = target.aminmax()
    return torch.where(known, target, (image + noise).clamp(low, high))


def axes_of_colours(image: Tensor) -> Tensor:
    """Return the orthonormal axes along which the channels of an image are filtered, `c c`.

    Three channels are opponent colours: R + G + B, R - B, and R - 2 G + B, each scaled to length 1.
    Other channels, as bands or frames, have their principal components, the strongest first: the
    eigenvectors of the covariance of the image. The bands of a scene are much alike, so that a few
    components hold nearly all of it, and noise of equal level stays so in all components. Without
    the components the filter would see each band alone, and less well than the network did.

    Reference: Zhuang and Bioucas-Dias, "Fast hyperspectral image denoising and inpainting based on
    low-rank and sparse representations", IEEE JSTARS 11(3), 2018, filter such components too.

    Args:
        image: `c h w`.

    Returns:
        One axis a row. The first is the brightness.
    """
    if len(image) == 3:
        rows = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [1.0, -2.0, 1.0]])
        return rows / rows.norm(dim=1, keepdim=True)
    values = image.flatten(1).double()
    values = values - values.mean(1, keepdim=True)
    _, vectors = torch.linalg.eigh(values @ values.T)
    return vectors.flip(1).T.float()


def along(axes: Tensor, image: Tensor) -> Tensor:
    """Return an image `c h w` along other axes of its channels, `c h w`."""
    return torch.einsum("kc,chw->khw", axes, image)
