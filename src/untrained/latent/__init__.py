"""Latent codes z, the input of a network: fixed, learned, a picture, or following the image.

The classes have these short names in `conf/` and in the settings of finished runs.
"""

from untrained.latent.drawn import Normal, Uniform
from untrained.latent.following import Following
from untrained.latent.latent import Latent
from untrained.latent.masked import Masked
from untrained.latent.picture import Picture
from untrained.latent.plain import Grid, NoCode

__all__ = ["Following", "Grid", "Latent", "Masked", "NoCode", "Normal", "Picture", "Uniform"]
