"""A run without what it does again and again, and what only changes with what is installed."""

import sys
from functools import cache
from importlib.util import find_spec

import lightning_fabric.utilities.registry as lightning
import omegaconf.omegaconf
import skimage
import yaml
from omegaconf._utils import get_omega_conf_dumper
from torch import Tensor

from untrained.callback import summary
from untrained.degradation import tomography
from untrained.image import picture


def remembering_shipped_pictures(decoded):
    """Decode each picture of scikit-image once."""
    known = cache(decoded)

    def decode(path, shrinking, is_typed, channel_axis):
        if not str(path).startswith(skimage.data_dir):
            return decoded(path, shrinking, is_typed, channel_axis)
        found = known(str(path), None, is_typed)  # None of them is so large that it is shrunk.
        return found._replace(array=found.array.copy())

    return decode


def remembering_matrices(made):
    """Make the matrix of tomography once for each size and choice of angles; nobody changes it."""
    known = {}

    def radon_matrix(side, degrees, detectors, circle):
        place = side, tuple(degrees.tolist()), detectors, circle
        if place not in known:
            known[place] = made(side, degrees, detectors, circle)
        return known[place]

    return radon_matrix


def copying_plain_tensors(copied):
    """Copy the numbers of a tensor that has them for itself, in a tenth of the time."""

    def deepcopy(self, memo):
        is_plain = type(self) is Tensor and self.device.type == "cpu" and self.is_contiguous()
        is_plain = is_plain and not (self.requires_grad or self.__dict__)
        is_alone = is_plain and self.untyped_storage().nbytes() == self.nbytes
        return self.clone() if is_alone else copied(self, memo)

    return deepcopy


class Dumper(yaml.CDumper if yaml.__with_libyaml__ else yaml.Dumper):
    """OmegaConf's own, but written in C."""

    yaml_representers = get_omega_conf_dumper().yaml_representers


def quicken(patch):
    """Put what remembers in the place of what does all anew.

    Args:
        patch: Sets an attribute: `setattr`, or one that takes it back.
    """
    patch(lightning, "entry_points", cache(lightning.entry_points))
    patch(Tensor, "__deepcopy__", copying_plain_tensors(Tensor.__deepcopy__))
    patch(summary, "version", cache(summary.version))
    patch(omegaconf.omegaconf, "get_omega_conf_dumper", lambda: Dumper)
    patch(tomography, "radon_matrix", remembering_matrices(tomography.radon_matrix))
    patch(picture, "decoded", remembering_shipped_pictures(picture.decoded))
    # For each picture imageio looks for this package in all folders, which takes a millisecond.
    if find_spec("pillow_heif") is None:
        sys.modules["pillow_heif"] = None
