"""What words point at: a picture, and the file of a class of the user's own."""

import inspect
import os
import sysconfig
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from untrained import check
from untrained.command.own import attribute
from untrained.command.source import OURS
from untrained.command.word import with_words_of
from untrained.record.file import sha256
from untrained.record.tree import leaves

PICTURES = ("image.path", "target.path", "degradation.mask", "degradation.kernel", "latent.path")
"""The words that name a picture, or another file that is read as one."""
READER = "untrained.image.read"
OBSERVED = ("target.path", "image.path")
MASK = "degradation.mask"


def settle_pictures(config: DictConfig, folder: str) -> None:
    """Name the user's pictures so that they are found, and refuse those that are not there.

    A `~` is the home folder. After `hydra.job.chdir=true` a name still means what it meant in the
    folder in which it was typed. Reading the pictures says more, seconds later.

    Args:
        config: The config, of which these words are changed.
        folder: The folder in which the command was typed.

    Raises:
        ValueError: If there is no such file, or it is no picture.
    """
    for word in PICTURES:
        value = OmegaConf.select(config, word, throw_on_missing=False)
        if not isinstance(value, str) or is_kernel_of_ours(word, value):
            continue
        if is_no_file(value):
            check_picture(config, word, value)
            continue
        path = Path(value).expanduser()
        if Path.cwd() != Path(folder):
            path = Path(folder, path)
        if word == MASK and path.is_dir():
            path = mask_in(path, observed(config), value)
        if path != Path(value):
            with open_dict(config), read_write(config):
                OmegaConf.update(config, word, str(path))
        if not path.exists():
            raise ValueError(f"{word} {value!r} {check.absence(path)}")
        check_picture(config, word, str(path), typed=value)


def is_read_as_picture(config: DictConfig, word: str) -> bool:
    """Whether a word names what our reader of pictures reads: some targets are other measurements.

    Args:
        config: The config.
        word: One of `PICTURES`.
    """
    group = word.partition(".")[0]
    target = str(OmegaConf.select(config, f"{group}._target_"))
    if group == "degradation":
        return target.startswith(OURS)
    degradation = str(OmegaConf.select(config, "degradation._target_"))
    if word == "target.path" and attribute(degradation, "is_picture") is not True:
        return False  # A function of the user's own is not asked yet.
    return target == READER


def check_picture(config: DictConfig, word: str, path: str, typed: str | None = None) -> None:
    """Refuse a file that our reader of pictures does not read, by its start.

    Args:
        config: The config.
        word: The word that names it.
        path: The file.
        typed: Its name as it was typed; `path` if None.

    Raises:
        ValueError: If it is not read.
    """
    is_own_array = word.startswith("degradation.") and path.endswith(".npy")
    if is_read_as_array(config, word):
        check_array(path, f"{word} {typed or path!r}")
    if is_own_array or not is_read_as_picture(config, word):
        return
    group = word.partition(".")[0]
    # Late: other refusals do without.
    from untrained.image.decode import check_start
    from untrained.image.kind import UnusableError
    from untrained.image.npy import UnknownAxisError, check_axis

    axis = OmegaConf.select(config, f"{group}.channel_axis")
    try:
        check_axis(axis)
    except ValueError as error:
        raise ValueError(f"{group}.{error}") from None
    try:
        check_start(path, axis)
    except UnusableError as error:
        if word == MASK and isinstance(error, UnknownAxisError):
            return  # The target tells it.
        raise ValueError(with_words_of(group, f"{word} {typed or path!r} {error}")) from None


def is_read_as_array(config: DictConfig, word: str) -> bool:
    """Whether a word names a measurement that a degradation of ours reads from an array.

    Args:
        config: The config.
        word: One of `PICTURES`.
    """
    degradation = str(OmegaConf.select(config, "degradation._target_"))
    known = [attribute(degradation, name) for name in ("is_picture", "reads_array")]
    reader = OmegaConf.select(config, "target._target_")
    return word == "target.path" and reader == READER and known == [False, True]


def check_array(path: str, named: str) -> None:
    """Refuse a file that is no array of NumPy, by its start.

    Args:
        path: The file.
        named: The word that names it.

    Raises:
        ValueError: If it is none.
    """
    from untrained.image.npy import npy_header  # Late: other refusals do without.

    if not Path(path).is_file():  # A pipe that nobody writes to would be waited for.
        raise ValueError(f"{named} {check.absence(Path(path))}")
    try:
        with Path(path).open("rb") as file:
            npy_header(file)
    except Exception:  # Damage is met with exceptions of every kind.
        line = f"{named} is not a NumPy array (.npy), which is needed here"
        raise ValueError(line) from None


def observed(config: DictConfig) -> Path | None:
    """Return the picture that a run is of; None where it has no file."""
    for word in OBSERVED:
        value = OmegaConf.select(config, word, throw_on_missing=False)
        if isinstance(value, str):
            return Path(value)
    return None


def mask_in(folder: Path, picture: Path | None, typed: str) -> Path:
    """Return the mask of a picture in a folder of masks: the file of the picture's name.

    Its ending may be another one. Beside a `beach.jpg` and a `beach.tif`, `beach.jpg.png` is the
    mask of the first.

    Args:
        folder: The folder of masks.
        picture: The picture; None where it has no file.
        typed: The folder as it was typed, for the message.

    Raises:
        ValueError: If the folder has none, or several.
    """
    if picture is None:
        raise ValueError(f"{MASK}={typed} is a folder; {MASK}=mask.png is one file")
    files = [each for each in sorted(folder.iterdir()) if not each.name.startswith(".")]
    of_name = [each for each in files if picture.name in (each.name, each.stem)]
    found = of_name or [each for each in files if each.stem == picture.stem]
    if not found:
        raise ValueError(f"{MASK}={typed} has no mask of the name of {picture.name}")
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise ValueError(f"{MASK}={typed} has several masks of the name of {picture.name}: {names}")
    return found[0]


def is_no_file(name: str) -> bool:
    """Whether a name is of no file: the standard input, or an address.

    Example:
        >>> is_no_file("https://example.org/cat.png"), is_no_file("cat.png")
        (True, False)
    """
    return name == "-" or "://" in name


def is_kernel_of_ours(word: str, name: str) -> bool:
    """Whether a word names a kernel that is computed: the name of a file has an ending.

    Example:
        >>> is_kernel_of_ours("degradation.kernel", "lanczos2")
        True
        >>> is_kernel_of_ours("degradation.kernel", "psf.png")
        False
    """
    return word == "degradation.kernel" and not Path(name).suffix


def digests(words: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of each file that a word names, by the word.

    A `_target_` names the file of its class, where that is not an installed one.

    Args:
        words: The words of a run, with their values; groups in groups.
    """
    found = {}
    for word, value in leaves(words).items():
        path = source_of(str(value)) if word.endswith("_target_") else file_of(value)
        if path is not None:
            found[word] = sha256(path)
    return found


def file_of(value: object) -> Path | None:
    """Return the file that a value names; None where there is none, or the value is no text.

    Example:
        >>> file_of("gaussian"), file_of("a" * 999), file_of(25)
        (None, None, None)
    """
    # `Path` would raise where no name of a file may be so long.
    is_file = isinstance(value, str) and os.path.isfile(value)  # noqa: PTH113
    return Path(str(value)) if is_file else None


def source_of(target: str) -> Path | None:
    """Return the file of a class of the user's own; None for an installed one, and for ours.

    Example:
        >>> source_of("torch.nn.MSELoss"), source_of("untrained.noise.gaussian.Gaussian")
        (None, None)
    """
    package = target.partition(".")[0]
    # What is installed is known by its version, and its import may take seconds.
    if package == "untrained" or is_installed(package):
        return None
    try:
        return Path(inspect.getsourcefile(resolve_name(target)) or "")
    except Exception:  # The import runs the user's code: the fit says what is wrong with it.
        return None


def is_installed(package: str) -> bool:
    """Whether a package is Python's own or from an index; also where there is no such package.

    Example:
        >>> is_installed("json"), is_installed("torch"), is_installed("no_such_package")
        (True, True, True)
    """
    spec = find_spec(package)
    if spec is None:
        return True
    if not spec.has_location:  # It is built into Python, or a folder without `__init__.py`.
        return spec.origin is not None
    path = Path(str(spec.origin)).resolve()
    standard = Path(sysconfig.get_path("stdlib")).resolve()
    is_indexed = not {"site-packages", "dist-packages"}.isdisjoint(path.parts)
    return is_indexed or path.is_relative_to(standard)
