"""The options of `conf/`, for the tests of each kind."""

from pathlib import Path

from hydra.utils import instantiate
from omegaconf import OmegaConf

CONF = Path(__file__).parent.parent.parent / "conf"
SHAPE = (1, 3, 32, 32)
# These are for pictures of one channel or three.
OF_COLOURS = {"mosaic", "grayscale", "jpeg"}


def takes_channels(option, channels):
    """Whether an option takes an image of so many channels."""
    return channels in (1, 3) or option not in OF_COLOURS


def options(group):
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def built(config, group):
    return instantiate(config[group], _convert_="all")


def plain(config):
    return OmegaConf.to_container(config, resolve=False)
