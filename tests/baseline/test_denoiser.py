"""What filters that take noise out read off the target."""

import pytest
import torch
from skimage import data

from untrained.baseline.bm3d import BM3D
from untrained.baseline.denoiser import IMPULSES, NO_NOISE, TOO_SMALL
from untrained.baseline.nlm import NonLocalMeans
from untrained.baseline.tv import Chambolle
from untrained.baseline.wavelet import WaveletShrinkage
from untrained.baseline.zs_n2n import ZeroShotNoise2Noise
from untrained.degradation.identity import Identity
from untrained.metric import psnr
from untrained.noise.gaussian import Gaussian
from untrained.noise.salt_and_pepper import SaltAndPepper

FILTERS = (NonLocalMeans, Chambolle, WaveletShrinkage, ZeroShotNoise2Noise)
# A slope, whose noise alone is fine.
SLOPE = torch.linspace(0.2, 0.8, 64).expand(1, 3, 64, 64).contiguous()


def test_bands_are_filtered_along_their_principal_components():
    """Eight bands that are mixed of three colours: filtered one by one they would be worse."""
    colours = torch.from_numpy(data.astronaut()[100:164, 180:244] / 255).float()
    mix = torch.rand(8, 3, generator=torch.Generator().manual_seed(0))
    clean = (colours @ (mix / mix.sum(1, keepdim=True)).T).permute(2, 0, 1)[None]
    noisy = Gaussian(sigma=25)(clean)
    for denoiser in (NonLocalMeans(), Chambolle(), WaveletShrinkage()):
        together = denoiser(noisy, Identity())
        alone = [denoiser(noisy[:, i : i + 1], Identity()) for i in range(8)]
        assert psnr(together, clean) > psnr(torch.cat(alone, 1), clean) + 1.5


@pytest.mark.parametrize("kind", FILTERS)
@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (Gaussian(sigma=25)(SLOPE), None),
        (SLOPE, NO_NOISE),
        (torch.zeros(1, 1, 32, 32), NO_NOISE),
        (torch.full((1, 3, 32, 32), torch.nan), NO_NOISE),
        (SaltAndPepper(amount=0.1)(SLOPE), IMPULSES),
        (torch.rand(1, 3, 12, 40), TOO_SMALL),
    ],
)
def test_a_filter_says_where_it_is_of_no_use(kind, target, reason):
    assert kind().suits(target, Identity()) == reason


@pytest.mark.parametrize("kind", FILTERS[:-1])
def test_the_level_is_the_target_s_own_unless_it_is_given(kind):
    target = Gaussian(sigma=25)(SLOPE)
    by_itself = kind()(target, Identity())
    assert kind().level(target) == pytest.approx(25, rel=0.1)
    told = kind(sigma=kind().level(target))(target, Identity())
    assert torch.equal(told, by_itself)
    weaker = kind(sigma=5)(target, Identity())
    assert (weaker - target).square().mean() < (by_itself - target).square().mean()


@pytest.mark.parametrize("sigma", [0, -1, "25", True, float("nan")])
def test_a_level_that_cannot_be_is_refused(sigma):
    with pytest.raises(ValueError, match="^sigma must be a number over 0, got"):
        NonLocalMeans(sigma=sigma)


def test_bm3d_that_is_not_installed_is_refused_with_its_licence(monkeypatch):
    monkeypatch.setattr("untrained.baseline.bm3d.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"^baseline\.bm3d needs .* non-commercial .* pip install"):
        BM3D()
