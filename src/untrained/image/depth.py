"""Find the bits of a channel in the formats that Pillow cuts to 8 bits without a message."""

import re

HEADER = 2**16
"""The first bytes of a file, in which its header stands."""
SGI = b"\x01\xda"
AVIF = b"ftypavi"
JPEG_2000 = b"\xff\x4f\xff\x51"  # the start of its codestream, and of the sizes


def bits_of(header: bytes) -> int:
    """Return the bits of a channel of a JPEG 2000, an AVIF or an SGI file; 8 of any other.

    A picture with more bits in one channel than in another has those of the most.

    Args:
        header: The first bytes of the file.

    Example:
        >>> bits_of(b"GIF89a")
        8
    """
    if header.startswith(SGI):
        return 8 * header[3]
    if AVIF in header[:16]:
        channels = re.findall(rb"pixi.{4}([\x01\x03\x04])(.{4})", header, re.DOTALL)
        return max((max(depths[: count[0]]) for count, depths in channels), default=8)
    sizes = header.find(JPEG_2000)
    if sizes < 0:
        return 8
    count = header[sizes + 41]
    # Each channel has three bytes. The first is its bits less 1, with a sign in the highest bit.
    depths = header[sizes + 42 : sizes + 42 + 3 * count : 3]
    return max((depth & 127) + 1 for depth in depths) if depths else 8
