"""Colour profiles: what makes the numbers of a picture look as they were meant."""

import io
import logging
from functools import cache

from PIL import Image, ImageCms

log = logging.getLogger(__name__)

PROFILE = "icc_profile"
# The colour space of the profile that fits a picture of so many channels.
SPACES = {1: "GRAY", 3: "RGB"}
KINDS = {1: "grey", 3: "colour"}
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


def is_for(profile: bytes, channels: int) -> bool:
    """Whether a profile is one of pictures of so many channels."""
    return space_of(profile) == SPACES.get(channels)


def fitting(profile: bytes | None, channels: int) -> bytes | None:
    """Return a profile if it is one of pictures of so many channels; else warn, and return None.

    Args:
        profile: The profile; None where the picture has none.
        channels: 1 for a grey picture, 3 for one of colours.
    """
    if not profile:
        return None
    if is_for(profile, channels):
        return profile
    space = space_of(profile)
    if space not in CONVERTED.values():  # Such a picture has been converted by its profile.
        flaw = "broken" if space is None else f"of {space}, the picture is {KINDS[channels]},"
        log.warning("the colour profile of the picture is %s and is dropped: taken as sRGB", flaw)
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
    """Return a picture in sRGB, by a profile.

    Args:
        picture: The picture, of any colour space.
        profile: The profile that says what its numbers mean.
    """
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
