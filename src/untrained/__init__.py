"""Untrained neural network image priors: min_theta f(A(G_theta(z)), y), watched over time.

    result = untrained.restore(noisy, model="dip", channel_axis=-1)

The words of the formula are here by name, each imported when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from untrained.python.load import load as load
    from untrained.python.restore import restore as restore

# Where each name is. Importing PyTorch takes a second, which `--help` does without.
PLACES = {
    "restore": "python.restore",
    "Result": "python.restore",
    "load": "python.load",
    "Degradation": "degradation.operator",
    "Identity": "degradation.identity",
    "Inpainting": "degradation.inpainting",
    "Downsampling": "degradation.downsampling",
    "Blur": "degradation.blur",
    "UnknownBlur": "degradation.unknown_blur",
    "Mosaic": "degradation.mosaic",
    "Grayscale": "degradation.grayscale",
    "CompressedSensing": "degradation.compressed_sensing",
    "Tomography": "degradation.tomography",
    "Mri": "degradation.mri",
    "JpegFile": "degradation.jpeg",
    "Gaussian": "noise.gaussian",
    "Poisson": "noise.poisson",
    "SaltAndPepper": "noise.salt_and_pepper",
    "Correlated": "noise.correlated",
    "Speckle": "noise.speckle",
    "Jpeg": "noise.jpeg",
    "noise_level": "noise.level",
    "Baseline": "baseline.baseline",
    "NonLocalMeans": "baseline.nlm",
    "Chambolle": "baseline.tv",
    "WaveletShrinkage": "baseline.wavelet",
    "Median": "baseline.median",
    "BM3D": "baseline.bm3d",
    "ZeroShotNoise2Noise": "baseline.zs_n2n",
    "Biharmonic": "baseline.biharmonic",
    "Nearest": "baseline.nearest",
    "Bicubic": "baseline.bicubic",
    "Lanczos": "baseline.lanczos",
    "Wiener": "baseline.wiener",
    "RichardsonLucy": "baseline.richardson_lucy",
    "ColourDifferences": "baseline.colour_differences",
    "ZeroFilled": "baseline.zero_filled",
    "FilteredBackProjection": "baseline.fbp",
    "Sart": "baseline.sart",
    "Uniform": "latent",
    "Normal": "latent",
    "Grid": "latent",
    "Picture": "latent",
    "Following": "latent",
    "SkipHourglass": "generator.dip",
    "DeepDecoder": "generator.dd",
    "ConvDecoder": "generator.convdecoder",
    "UNet": "generator.unet",
    "Siren": "generator.siren",
    "Pixels": "generator.pixels",
    "ExponentialAverage": "average",
    "PolynomialAverage": "average",
    "SnapshotAverage": "average",
    "WindowAverage": "average",
    "NoAverage": "average",
    "NoRefinement": "refinement",
    "CollaborativeWiener": "refinement",
    "Holdout": "holdout",
    "Twin": "twin",
    "Penalty": "penalty",
    "TotalVariation": "penalty",
    "Autoencoder": "penalty",
    "BackProjection": "objective",
    "SSIM": "objective",
    "SGLD": "optimizer",
    "Problem": "problem",
    "Step": "step",
    "Fit": "fit",
    "seeded_generators": "fit",
    "ImagePrior": "trainer.prior",
    "Metric": "metric",
}

__all__ = sorted(PLACES)


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import a name when it is first asked for."""
    if name not in PLACES:
        raise AttributeError(f"module 'untrained' has no attribute {name!r}")
    return getattr(import_module(f"untrained.{PLACES[name]}"), name)


def __dir__() -> list[str]:
    """Return the names that are here."""
    return __all__
