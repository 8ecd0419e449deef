"""Colour profiles: what makes the numbers of a picture look as they were meant."""

import io
import logging
from functools import cache

from PIL import Image, ImageCms

log = logging.getLogger(__name__)

PROFILE = "icc_profile"
# The colour space of the profile that fits a picture of so many channels.
SPACES = {1: "GRAY", 3: "RGB"}
# Modes whose numbers are no red, green and blue: they are converted when they are read.
CONVERTED = {"CMYK": "CMYK", "LAB": "Lab"}


def space_of(profile: bytes) -> str | None:
    """Return the colour space of a profile, 'RGB', 'GRAY', 'CMYK'; None of a broken one."""
    try:
        return opened(profile).profile.xcolor_space.strip()
    except (OSError, ImageCms.PyCMSError):
        return None


def opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    """Open a profile."""
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


@cache
def is_srgb(profile: bytes) -> bool:
    """Whether a profile calls itself sRGB, which a picture without a profile is taken for."""
    return "srgb" in (opened(profile).profile.profile_description or "").lower()


def fitting(profile: bytes | None, channels: int) -> bytes | None:
    """Return a profile if it is one of pictures of so many channels; else warn, and return None."""
    if not profile:
        return None
    space = space_of(profile)
    if space == SPACES[channels]:
        return profile
    if space is None:
        log.warning("the colour profile of the picture is broken and is dropped: taken as sRGB")
    elif space not in CONVERTED.values():
        kind = "grey" if channels == 1 else "colour"
        log.warning("the colour profile of the picture is of %s and is dropped: taken as sRGB",
                    f"{space}, the picture is {kind},")  # fmt: skip
    return None


def to_srgb(picture: Image.Image) -> Image.Image:
    """Return a picture of CMYK or Lab in sRGB, by its profile; others, and CMYK without, as is."""
    space = CONVERTED.get(picture.mode)
    profile = picture.info.get(PROFILE)
    if space == "Lab":
        return converted(picture, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    if space is None or not profile:
        return picture
    if space_of(profile) != space:
        log.warning("the colour profile of the picture is broken and is dropped: plain CMYK")
        return picture
    return converted(picture, opened(profile))


def converted(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """Return a picture in sRGB, by a profile."""
    srgb = ImageCms.createProfile("sRGB")
    found = ImageCms.profileToProfile(picture, profile, srgb, outputMode="RGB")
    assert found is not None  # It would be, were the picture changed in place.
    return found


def as_seen(picture: Image.Image) -> Image.Image:
    """Return a picture of 8 bits in the colours that a viewer shows, sRGB."""
    profile = picture.info.get(PROFILE)
    channels = 1 if picture.mode == "L" else 3
    if not profile or space_of(profile) != SPACES[channels] or is_srgb(profile):
        return picture
    return converted(picture, opened(profile)).convert(picture.mode)
