"""The words of the command line: what `conf/` computes, and which words there are."""

import difflib
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig, ListConfig, OmegaConf

from untrained.command.folder import KINDS, is_ours
from untrained.command.help import word_list
from untrained.command.typed import name_of, typed
from untrained.record.file import cut, storable

CPU_INFO = Path("/proc/cpuinfo")


def run_folder(resume: object, mark: str, new: str) -> str:
    """Return the folder of a run or of a sweep: a new one, or the one that is resumed.

    Args:
        resume: The folder that was typed, or None.
        mark: The file in it that holds the words, `WORDS` or `SWEEP_WORDS` of `record/name.py`.
        new: The folder of a new one.

    Raises:
        ValueError: If there is no such folder, or it is another program's.
    """
    if resume is None:
        return new
    folder = Path(str(resume)).expanduser()
    if not is_ours(folder, mark):
        raise ValueError(f"resume={resume} is not the folder of a {KINDS[mark]}")
    return str(folder)


def folder_name(*, _root_: DictConfig) -> str:
    """Name the folder of one run of a sweep: what was swept stands first, in the order typed.

    Where the sweep's folder has a run of the same words, that one's name is taken: the words may
    have been typed in another order then, and older versions had all in that of the alphabet.

    Args:
        _root_: The config of the run and of Hydra, from OmegaConf.
    """
    hydra = _root_.hydra
    words = list(map(storable, typed(hydra)))
    names, alike = (
        OmegaConf.select(hydra, f"callbacks.sweep.{each}") or [] for each in ("swept", "alike")
    )
    swept = [storable(word) for word in typed(hydra) if name_of(word) in names]
    whole = str(hydra.job.override_dirname)
    is_alike = any(name_of(word) in alike for word in typed(hydra))
    name = run_name(storable(whole) or "defaults", swept, whole if is_alike else "")
    others = sorted(path.name for path in Path(hydra.sweep.dir).glob("*"))
    return next((other for other in others if same_words(other, name, words)), name)


def run_name(words: str, swept: Sequence[str], exact: str = "") -> str:
    """Return the name of a run's folder; a file system takes 255 bytes.

    What is too long is cut, and ends with a digest of all words, whatever their order. So does the
    name that a run of other words would have too.

    Args:
        words: The words of the run in the order of the alphabet, with commas between them.
        swept: Those that stand first.
        exact: The words with all of their signs, if those of another run are the same without.

    Example:
        >>> run_name("image.size=32,model.width=8,steps=4", swept=["steps=4", "model.width=8"])
        'steps=4,model.width=8,image.size=32'
    """
    first = [word for word in swept if f",{word}," in f",{words},"]
    name = ",".join(filter(None, [*first, without(words, first)]))
    digest = hashlib.sha256((exact or words).encode()).hexdigest()[:8]
    return name if len(name.encode()) < 200 and not exact else f"{cut(name, 150)}...{digest}"


def without(text: str, words: Iterable[str]) -> str:
    """Return a text without some of the words that it is made of, with commas between them.

    Example:
        >>> without("model.width=[8,16],seed=0,steps=4", ["seed=0", "model.width=[8,16]"])
        'steps=4'
    """
    left = f",{text},"
    for word in words:
        left = left.replace(f",{word},", ",", 1)
    return left.strip(",")


def same_words(one: str, other: str, words: Sequence[str]) -> bool:
    """Whether two names of folders have the same words, in whatever order.

    Args:
        one: The one name.
        other: The other.
        words: The words of the other.

    Example:
        >>> same_words("seed=0,steps=4", "steps=4,seed=0", ["steps=4", "seed=0"])
        True
        >>> same_words("seed=0,steps=5...0123abcd", "steps=5,fits=2...0123abcd", [])
        True
    """
    digest = re.search(r"\.\.\.[0-9a-f]{8}$", other)
    if digest:
        return one.endswith(digest[0])
    return len(one) == len(other) and without(one, words) == without(other, words)


def skimage(name: str) -> str:
    """Return the path of a picture that scikit-image ships, without importing it."""
    package = cast(ModuleSpec, find_spec("skimage"))
    return str(Path(str(package.origin)).parent / "data" / name)


def default_size(path: str) -> int | None:
    """Return a size at which a fit takes minutes, for scikit-image's pictures alone."""
    return 256 if is_shipped(path) else None


def is_shipped(path: str) -> bool:
    """Whether a picture is one of those that scikit-image ships."""
    return str(path).startswith(skimage(""))


def fast_precision(accelerator: str) -> str:
    """Return the precision of the fast recipe: bfloat16 on a CPU that computes in it.

    There a step takes two thirds of the time, and the images are as good
    (docs/evidence/speed.md). Only the flags of Linux on x86 are known; on any other machine, and
    on a GPU, it is single precision.
    """
    try:
        flags = set(CPU_INFO.read_text().split())
    except OSError:
        return "32-true"
    has_bfloat16 = not flags.isdisjoint(("avx512_bf16", "amx_bf16"))
    return "bf16-mixed" if has_bfloat16 and accelerator == "cpu" else "32-true"


def thin_widths(depth: object) -> ListConfig | int:
    """Return the widths of a network with thin fine scales, finest first: 16, 32, and then 64.

    The finest scales cost the most, and a noisy picture needs few channels there (docs/quality.md).
    A depth that is none is refused later, by the network.

    Example:
        >>> thin_widths(5), thin_widths(0)
        ([16, 32, 64, 64, 64], 64)
    """
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
        return 64
    return ListConfig([min(64, 16 * 2**scale) for scale in range(depth)])


def deepest(width: object) -> object:
    """Return the channels of the deepest scale, of one number or of one a scale, finest first.

    Example:
        >>> deepest(128), deepest([16, 32, 64])
        (128, 64)
    """
    match width:
        case [*_, last]:
            return last
    return width


def first_of(*values: object) -> object:
    """Return the first value that is not null.

    Example:
        >>> first_of(None, "blind")
        'blind'
    """
    return next((value for value in values if value is not None), None)


def loggers(chosen: DictConfig | None) -> ListConfig:
    """Return the loggers of a run, a list: each by its name, or the one that is all of `chosen`.

    Example:
        >>> loggers(OmegaConf.create({"csv": {"_target_": "CSVLogger"}, "save_dir": "run"}))
        [{'_target_': 'CSVLogger'}]
        >>> loggers(OmegaConf.create({"_target_": "CSVLogger", "save_dir": "run"}))
        [{'_target_': 'CSVLogger', 'save_dir': 'run'}]
    """
    if chosen is None:
        return ListConfig([])
    words: Any = OmegaConf.to_container(chosen, resolve=True)
    if "_target_" in words:
        return ListConfig([words])
    groups = [each for each in words.values() if isinstance(each, dict)]
    return ListConfig([group for group in groups if "_target_" in group])


def own_mask(name: str) -> str:
    """Return the path of a mask that comes with the program, without importing PyTorch."""
    return str(Path(__file__).parent.parent / "degradation" / "mask" / name)


RESOLVERS = (
    run_folder,
    folder_name,
    skimage,
    default_size,
    is_shipped,
    fast_precision,
    thin_widths,
    deepest,
    first_of,
    loggers,
    own_mask,
    word_list,
)
for resolver in RESOLVERS:
    OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)


def names_of(config: DictConfig) -> dict[str, Any]:
    """Return every word of a config, the groups' too, with its value as it is written."""
    tree: Any = OmegaConf.to_container(config, resolve=False)
    return dict(words_of(tree))


def words_of(tree: Mapping[str, Any], group: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each word of a tree and its value; for a group, the value is the tree under it.

    Args:
        tree: The tree, of plain dicts.
        group: What stands before each word: the group of the tree, and a dot.
    """
    for key, value in tree.items():
        yield f"{group}{key}", value
        if isinstance(value, Mapping):
            yield from words_of(value, f"{group}{key}.")


def with_words_of(group: str, text: str) -> str:
    """Put a group before the words that a complaint about one of its files advises.

    Example:
        >>> with_words_of("image", "has values up to 4074: white=4095 where that is white")
        'has values up to 4074: image.white=4095 where that is white'
    """
    return re.sub(r"(?<= )(size|white|channel_axis)=", rf"{group}.\1=", text)


def suggestion(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the known word that is nearest, as the end of a sentence, or nothing.

    Args:
        word: What was typed.
        known: The known words.
        cutoff: How alike two words have to be, 0 to 1.
    """
    near = difflib.get_close_matches(word, known, n=1, cutoff=cutoff)
    return f"; did you mean {near[0]}?" if near else ""
