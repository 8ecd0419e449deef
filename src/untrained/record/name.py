"""The names of the files that a run, or a sweep, leaves in its folder."""

RECONSTRUCTION = "reconstruction.png"
"""What is recommended, as viewers show it."""
NETWORK = "network.png"
"""The network's own image, where the reconstruction has the known pixels put in place."""
TARGET = "target.png"
CLEAN = "clean.png"
UNCERTAINTY = "uncertainty.png"

PANEL = "panel.png"
CURVES = "curves.png"
STOPPING = "stopping.png"
BANDS = "bands.png"
FILM = "training"
"""The film, without the ending that tells its format."""

ROWS = "metrics.csv"
SUMMARY = "summary.json"
RESULT = "result.json"
CHECKPOINTS = "checkpoints"
CHECKPOINT = f"{CHECKPOINTS}/last.ckpt"
FRAMES = "frames"
"""The folder of the images of single steps."""
TILES = "tiles"
"""The folder of what the fit of each tile has found."""
TILES_WORDS = f"{TILES}/words.json"
"""The words that the tiles are fitted with."""

HYDRA = ".hydra"
"""The folder of the words, which tells that a run has begun."""
WORDS = f"{HYDRA}/config.yaml"
HYDRA_WORDS = f"{HYDRA}/hydra.yaml"
"""Hydra's own words, and with them what was typed."""
SWEEP_WORDS = "multirun.yaml"
LOCK = ".lock"
TAKEN = ".taken"
"""In a sweep's folder: one of its runs found somebody else's files in its place."""


def result_name(ending: str) -> str:
    """Return the name of what is recommended in the form of the user's own file.

    Example:
        >>> result_name(".tif")
        'reconstruction.tif'
    """
    return RECONSTRUCTION.removesuffix(".png") + ending
