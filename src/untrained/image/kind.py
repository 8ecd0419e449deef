"""Recognise a file by its first bytes, and advise what to do with a file that is not read."""

import re

from PIL import features

# So many bytes tell every kind that is known here.
START = 1024
NPY = b"\x93NUMPY"
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
RAW = "is a camera's raw file: develop it first, and save it as a 16-bit TIFF or PNG"
CONVERT = "which is not read here: save it as PNG or TIFF"
ARRAY = "save the one array that you mean by numpy.save, as .npy"

# Where the mark of a kind stands, the mark (a regular expression), and what is said of the kind.
KINDS = (
    (0, rb"$", "is not a picture that can be read: it is empty"),
    *(() if features.check("avif") else ((4, rb"ftypavi[fs]", f"is AVIF, {CONVERT}"),)),
    (4, rb"ftyp(hei[cxms]|hev[cmsx]|mif1|msf1)", f"is HEIC, {CONVERT} (pillow-heif converts it)"),
    (4, rb"ftypcrx ", RAW),
    (4, rb"ftyp(?!avi[fs])", "is a video: save the one picture that you mean"),
    (8, rb"CR\x02", RAW),
    (0, rb"FUJIFILMCCD-RAW|FOVb|IIU\0|IIR[OS]\x08|MMOR|\0MRM", RAW),
    (0, rb"\xff\x0a|\0\0\0\x0cJXL ", f"is JPEG XL, {CONVERT} (its own djxl converts it)"),
    (128, rb"DICM", "is DICOM: save its pixels (pydicom: dcmread(...).pixel_array) as .npy or PNG"),
    (344, rb"(n\+1|ni1)\0", f"is NIfTI, a volume: {ARRAY}"),
    (0, rb"%PDF", "is a PDF document: save the page or the picture that you mean as PNG"),
    (0, rb"%!PS|\xc5\xd0\xd3\xc6", f"is PostScript, {CONVERT}"),
    (0, rb"(?i)\s*(<\?xml.*?)?(<!--.*?-->\s*)?(<!doctype svg.*?)?<svg\b", "is SVG, a drawing of no "
     "fixed size: save it as PNG in the size that you want"),
    (0, rb"(?i)\s*<(!doctype html|html)", "is a web page: download the picture itself"),
    (0, rb"version https://git-lfs", "is a pointer of Git LFS: git lfs pull brings the file"),
    (0, rb"PK\x03\x04", f"is a zip archive (NPZ is one): {ARRAY}, or take the picture out"),
    (0, rb"\x89HDF|MATLAB 5\.0", f"is a file of arrays (HDF5 or MATLAB): {ARRAY}"),
    (0, rb"SIMPLE  =", f"is FITS, whose numbers have no usual white: {ARRAY}"),
    (0, rb"v/1\x01", "is OpenEXR, which is not read here: save it as a TIFF of floats in [0, 1]"),
    (0, rb"#\?R", "is Radiance HDR, which is not read here: save it as a TIFF of floats in [0, 1]"),
    (0, rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!", "is packed: take the picture out first"),
    (0, rb"\x1aE\xdf\xa3|RIFF....AVI ", "is a video: save the one picture that you mean"),
)  # fmt: skip


class UnusableError(Exception):
    """A file that cannot be used. The message says why, without the name of the file."""


def advice(start: bytes) -> str | None:
    r"""Return what a file is and what to do with it; None of what a decoder may read.

    Args:
        start: The first `START` bytes of the file.

    Example:
        >>> advice(b"%PDF-1.7")
        'is a PDF document: save the page or the picture that you mean as PNG'
        >>> advice(b"\x89PNG")
    """
    for place, mark, said in KINDS:
        if re.match(mark, start[place:], re.DOTALL) and len(start) >= place:
            return said
    return None


def advice_on_name(path: str) -> str | None:
    """Return what to do with what is no name of a file; None of what may be one.

    Example:
        >>> advice_on_name("-")
        'is the standard input, which is not read: save the picture as a file'
    """
    if path == "-":
        return "is the standard input, which is not read: save the picture as a file"
    if path.startswith("data:"):
        return "is a picture in text: save it as a file"
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]+):/", path)
    if scheme and scheme[1].lower() == "file":
        return "is an address: type the path alone, without file://"
    if scheme:
        return "is an address: download it first, and type the path of the file"
    return None
