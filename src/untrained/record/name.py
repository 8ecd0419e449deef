"""The names of the files that a run, or a sweep, leaves in its folder.

At the top stands what a person wants to see. All that is for machines stands in `RECORD`.
"""

from pathlib import Path

RECORD = "record"
"""The folder of what is for machines."""

RECONSTRUCTION = "reconstruction.png"
"""The recommended image, as viewers show it."""
NETWORK = "network.png"
"""The network's own image, where the reconstruction is refined or has what is known in place."""
TARGET = f"{RECORD}/target.png"
CLEAN = f"{RECORD}/clean.png"
UNCERTAINTY = "uncertainty.png"
KERNEL, KERNEL_VALUES = "kernel.png", "kernel.npy"
"""A kernel that was fitted with the image: its largest value white, and as numbers."""

BASELINES = f"{RECORD}/baseline"
"""The folder of what each baseline made of the target, by its name."""

PANEL = "panel.jpg"
CURVES = "curves.png"
STOPPING = "stopping.png"
BANDS = "bands.png"
FILM = "training"
"""The film, without the ending that tells its format."""

ROWS = "metrics.csv"
SUMMARY = "summary.json"
RESULT = f"{RECORD}/result.json"
CHECKPOINT = f"{RECORD}/last.ckpt"
NETWORKS = f"{RECORD}/networks.pt"
"""The networks as they were at the last step."""
FRAMES = f"{RECORD}/frames"
"""The folder of the images of single steps."""
TILES = f"{RECORD}/tiles"
"""The folder of what the fit of each tile has found."""
TILES_WORDS = f"{TILES}/words.json"
"""The words that the tiles are fitted with."""
TILES_SECONDS = f"{TILES}/seconds.json"
"""The seconds that the finished tiles have taken, in all sessions of a run."""
EVENTS = f"{RECORD}/events.out.tfevents.*"
"""The events that TensorBoard's logger writes; the settings are in `HPARAMS`."""
HPARAMS = f"{RECORD}/hparams.yaml"

HYDRA = ".hydra"
"""The folder of the words, which tells that a run has begun."""
WORDS = f"{HYDRA}/config.yaml"
HYDRA_WORDS = f"{HYDRA}/hydra.yaml"
"""Hydra's own words, and with them what was typed."""
SWEEP_WORDS = "multirun.yaml"
LOCK = ".lock"
TAKEN = ".taken"
"""In a sweep's folder: one of its runs found somebody else's files in its place."""


def bands_path(path: Path) -> Path:
    """Return the array of all channels beside a drawing of three of them.

    Example:
        >>> bands_path(Path("record/clean.png")).name
        'clean.npy'
    """
    return path.with_suffix(".npy")


def result_name(ending: str) -> str:
    """Return the name of what is recommended in the form of the user's own file.

    Example:
        >>> result_name(".tif")
        'reconstruction.tif'
    """
    return RECONSTRUCTION.removesuffix(".png") + ending
