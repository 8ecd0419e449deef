"""Objectives f that PyTorch does not have."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from untrained.check import number, spoken_shape, whole
from untrained.degradation.identity import Identity
from untrained.degradation.operator import Degradation
from untrained.kernel.similarity import WINDOW, structural_similarity
from untrained.noise.level import is_readable, noise_level

REFUSED = "objective=backprojection is for degradation=blur and degradation=downsampling"
LEAST = 0.01  # e without noise
NOISE = 100  # times as strong is noise beside fine detail as beside the whole picture
SAME = 0.05  # of the largest response to a point: how far that to the next point may differ
SMALLEST = 3  # the side of a picture that has a point beside its middle
AMPLIFIED = 2  # times as much as in the mean squared error counts detail that is amplified
ANY = "objective=mse is for any degradation"


class SSIM(nn.Module):
    """The objective 1 - SSIM, which compares structure more than brightness.

    It is 0 for two equal images. The first steps of a fit may have the mean squared error instead,
    as those of SelfDeblur have it (docs/reproduce.md has what came of it).

    Reference: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to
    structural similarity", IEEE TIP 13(4), 2004. Ren, Zhang, Wang, Hu, Zuo, "Neural blind
    deconvolution using deep priors", CVPR 2020.

    Args:
        mse_steps: The number of steps, from the first, that have the mean squared error.

    Raises:
        ValueError: If `mse_steps` is not a whole number from 0 up.

    Example:
        >>> image = torch.rand(1, 1, 16, 16)
        >>> round(abs(SSIM()(image, image).item()), 5)
        0.0
    """

    def __init__(self, mse_steps: int = 0) -> None:
        super().__init__()
        self.mse_steps = whole("mse_steps", mse_steps, least=0)

    def at(self, number: int) -> Callable[[Tensor, Tensor], Tensor]:
        """Return the objective of a step."""
        return self.squared_error if number < self.mse_steps else self

    def squared_error(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Return the mean squared error, 0-dim, of what 1 - SSIM can compare in later steps.

        Raises:
            ValueError: If it cannot: in the first step, not after a thousand.
        """
        check_image(measurement)
        return mse_loss(measurement, target)

    def forward(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Return 1 - SSIM, 0-dim, of two images `1 c h w` in [0, 1].

        Raises:
            ValueError: If the measurement is not an image, or is smaller than the window of SSIM.
        """
        check_image(measurement)
        # SSIM's variances are small differences of large numbers, which bfloat16 cannot resolve.
        with torch.autocast(measurement.device.type, enabled=False):
            return 1 - structural_similarity(measurement.float(), target.float())


def check_image(measurement: Tensor) -> None:
    """Refuse what SSIM cannot compare.

    Raises:
        ValueError: If it is not an image, or is smaller than the window of SSIM.
    """
    if measurement.ndim != 4 or min(measurement.shape[2:]) < WINDOW:
        shape = spoken_shape(measurement.shape)
        raise ValueError(f"objective=ssim compares images from {WINDOW} x {WINDOW} up, got {shape}")


class BackProjection(nn.Module):
    """The squared error of a blurred or a small picture, where all of its detail counts alike.

    A blur weakens fine detail, so the mean squared error hardly sees it, and a network takes
    thousands of steps to find it. This objective undoes the weakening:

        f(A(x), y) = (1 + e) / m  r^T (A A^T + e I)^-1 r,    r = A(x) - y,

    for a target of m entries, with A scaled so that A A^T is at most 1. Without e it is the
    distance of x to the nearest image that has the measurement y. The number e keeps the noise of
    the target from being amplified: it is the power of the noise over that of fine detail. With a
    large e, and for A = I, it is the mean squared error.

    A A^T is taken for a convolution that continues at the opposite side. Its spectrum is read off
    the response to a single point, so a step needs one Fourier transform and no inverse matrix.

    Reference: Tirer, Giryes, "Back-projection based fidelity term for ill-posed linear inverse
    problems", IEEE TIP 29, 2020. They invert A A^T exactly, which is the same for a circular blur.
    The estimate of e is ours (docs/restorations.md).

    Args:
        epsilon: e, over 0. None is 0.01 + 100 s^2 / v, where s is the noise level of the target
            (`noise_level`) and v the variance of the target.

    Raises:
        ValueError: If `epsilon` is not over 0. In a call, if A A^T is not a convolution.

    Example:
        >>> objective = BackProjection()
        >>> y = torch.rand(1, 1, 16, 16)
        >>> round(objective(y + 0.5, y).item(), 4)
        0.25
    """

    def __init__(self, epsilon: float | None = None) -> None:
        super().__init__()
        self.epsilon = epsilon if epsilon is None else number("epsilon", epsilon, over=0)
        self.settle(Identity())

    def settle(self, degradation: Degradation) -> None:
        """Take the A of the problem.

        Raises:
            ValueError: If A is not known, or its measurement is not a picture.
        """
        if not degradation.is_picture or list(degradation.parameters()):
            raise ValueError(f"{REFUSED}, whose A is known and whose target is a picture; {ANY}")
        self.weights = torch.empty(0)
        # In a tuple PyTorch does not count it as a part of the objective.
        self.operator = (degradation,)

    def share(self, target: Tensor) -> float:
        """Return e for a target, `1 c h w`."""
        return estimated(target) if self.epsilon is None else self.epsilon

    def amplifies(self, target: Tensor) -> bool:
        """Whether some detail counts over twice as much as in the mean squared error.

        The noise of a target `1 c h w` counts as much more. With A = I or a large e none does.

        Raises:
            ValueError: If A A^T is not a convolution.
        """
        # A weight is double: it stands for two frequencies.
        return self.prepared(target).max().item() > 2 * AMPLIFIED

    def forward(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Return f, 0-dim, of two pictures `1 c h w`.

        Raises:
            ValueError: If A A^T is not a convolution.
        """
        # PyTorch has no Fourier transform in half precision.
        residual = (measurement - target).to(exact(target))
        with torch.autocast(residual.device.type, enabled=False):
            weights = self.prepared(target).to(residual)
            spectrum = torch.fft.rfft2(residual, norm="ortho")
            return (weights * spectrum.abs().square()).sum() / residual.numel()

    def prepared(self, target: Tensor) -> Tensor:
        """Return the weights for a target `1 c h w`, which are computed once for its size."""
        if self.weights.shape[-2:] != (target.shape[-2], target.shape[-1] // 2 + 1):
            self.weights = self.weighed(target.to(exact(target)))
        return self.weights

    def weighed(self, target: Tensor) -> Tensor:
        """Return the weight of each frequency of the residual, `h w // 2 + 1`.

        Args:
            target: y, `1 c h w`.

        Raises:
            ValueError: If A A^T is not a convolution.
        """
        width = target.shape[3]
        power = torch.fft.rfft2(self.kernel(target)).real.clamp(min=0)
        epsilon = self.share(target)
        weights = (1 + epsilon) / (power / power.max() + epsilon)
        # The transform of real numbers has each column once that counts twice.
        twice = torch.full((width // 2 + 1,), 2.0).to(weights)
        twice[0] = 1
        if width % 2 == 0:
            twice[-1] = 1
        return weights * twice

    def kernel(self, target: Tensor) -> Tensor:
        """Return the kernel of A A^T, `h w`, with its middle in the first corner.

        Raises:
            ValueError: If A A^T is not a convolution.
        """
        (degradation,) = self.operator
        height, width = target.shape[2:]
        if degradation.known(target) is not None:
            raise ValueError(f"{REFUSED}, where all of the target is known; {ANY}")
        if min(height, width) >= SMALLEST:
            middle = self.response(target, 1, 0, height // 2, width // 2)
            beside = -self.response(target, -1, -1, height // 2 + 1, width // 2 + 1)
            if is_convolution(middle, beside):
                return middle[0, 0].roll((-(height // 2), -(width // 2)), (0, 1))
        raise ValueError(
            f"{REFUSED}, by one kernel for all places and channels that is small beside the "
            f"target; {ANY}"
        )

    def response(self, like: Tensor, value: float, channel: int, row: int, column: int) -> Tensor:
        """Return A A^T of a picture `1 c h w` that is 0 but for one point, without A(0)."""
        (degradation,) = self.operator
        point = torch.zeros_like(like)
        point[0, channel, row, column] = value
        with torch.no_grad():
            nothing = point.new_zeros(degradation.shape(point))
            return degradation(degradation.adjoint(point)) - degradation(nothing)


def exact(target: Tensor) -> torch.dtype:
    """Return the precision in which a target is transformed: single or better."""
    return torch.promote_types(target.dtype, torch.float32)


def is_convolution(middle: Tensor, beside: Tensor) -> bool:
    """Whether A A^T is a convolution of each channel by the same kernel, as two responses show.

    Args:
        middle: The response to a point in the first channel, `1 c h w`.
        beside: The response to a point in the last channel, a row and a column further.
    """
    most = SAME * middle.abs().max()
    difference = beside.flip(1)[..., 1:, 1:] - middle[..., :-1, :-1]
    others = middle[:, 1:].abs().sum()
    return bool((most > 0) & (difference.abs().max() <= most) & (others <= most))


def estimated(target: Tensor) -> float:
    """Return the e of `BackProjection` for a target `1 c h w`: 0.01 + 100 s^2 / v."""
    if not is_readable(target):
        return LEAST
    noise = (noise_level(target) / 255).square()
    return LEAST + (NOISE * noise / target.var().clamp(min=1e-12)).item()
