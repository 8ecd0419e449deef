"""The words of the command line: what `conf/` computes, and which words there are."""

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any, cast

from hydra import compose
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, ListConfig, OmegaConf, open_dict, read_write

from untrained.command.folder import KINDS, is_ours

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


def folder_name(overrides: str) -> str:
    """Name the folder of one run of a sweep; a file system takes 255 bytes and no slash."""
    name = overrides.replace("/", "_") or "defaults"
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return name if len(name.encode()) < 200 else f"{name[:150]}...{digest}"


def skimage(name: str) -> str:
    """Return the path of a picture that scikit-image ships, without importing it."""
    package = cast(ModuleSpec, find_spec("skimage"))
    return str(Path(str(package.origin)).parent / "data" / name)


def default_size(path: str) -> int | None:
    """Return a size at which a fit takes minutes, for scikit-image's pictures alone."""
    return 256 if str(path).startswith(skimage("")) else None


def fast_precision(accelerator: str) -> str:
    """Return the precision of the fast recipe: bfloat16 on a CPU that computes in it.

    There a step takes two thirds of the time, and the images are as good (docs/speed.md). Only the
    flags of Linux on x86 are known; on any other machine, and on a GPU, it is single precision.
    """
    try:
        flags = set(CPU_INFO.read_text().split())
    except OSError:
        return "32-true"
    has_bfloat16 = not flags.isdisjoint(("avx512_bf16", "amx_bf16"))
    return "bf16-mixed" if has_bfloat16 and accelerator == "cpu" else "32-true"


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
    fast_precision,
    first_of,
    loggers,
    own_mask,
)
for resolver in RESOLVERS:
    OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)


def typed(hydra: DictConfig | None = None) -> list[str]:
    """Return the words that were typed, as they were: `seed=${noise.seed}` stays so.

    Args:
        hydra: Hydra's own config; that of the run if None.
    """
    words = (hydra or HydraConfig.get()).overrides.task
    return list(OmegaConf.to_container(words, resolve=False))  # type: ignore[arg-type]


def typed_names() -> list[str]:
    """Return the names of the words that were typed, without their values."""
    return [name_of(word) for word in typed()]


def typed_groups() -> set[str]:
    """Return the groups of the words that were typed."""
    return {name.partition(".")[0] for name in typed_names()}


def name_of(word: str) -> str:
    """Return the name in a word as it is typed.

    Example:
        >>> name_of("+trainer.max_time=00:01:00:00"), name_of("~callbacks.video")
        ('trainer.max_time', 'callbacks.video')
    """
    return word.lstrip("+~").partition("=")[0]


def asked_for_rules(stopping: Any) -> set[str]:  # noqa: ANN401 - the rules are imported late
    """Return the stopping rules that the user typed, alone or as a group."""
    asked = {
        "stopping": stopping.rules,
        "stopping.halt": [stopping.halt],
        "stopping.choose": [stopping.choose],
    }
    rules = set(chain.from_iterable(asked.get(name, ()) for name in typed_names()))
    return rules - {None}


def check_groups(config: DictConfig) -> None:
    """Refuse a value in the place of a group of words: `target=photo.jpg`.

    Raises:
        ValueError: If there is one; the words of the group are named.
    """
    for name in set(typed_names()) - set(HydraConfig.get().runtime.choices):
        value = OmegaConf.select(config, name, throw_on_resolution_failure=False)
        if "." in name or value is None or OmegaConf.is_config(value):
            continue
        known = names_of(compose("train", []))
        words = [word for word in known if word.startswith(f"{name}.") and "_target_" not in word]
        if words:
            raise ValueError(f"{name}={value}: it has words of its own, {', '.join(words)}")


def check_mask(config: DictConfig) -> None:
    """Refuse words on a random mask beside a mask file, which leaves them no meaning.

    Raises:
        ValueError: If one was typed.
    """
    mask = OmegaConf.select(config, "degradation.mask")
    words = {"degradation.keep", "degradation.each_channel", "degradation.seed"}
    idle = sorted(words & set(typed_names()))
    if mask is not None and idle:
        raise ValueError(
            f"{idle[0]} is of a random mask, and degradation.mask={mask} is a file; "
            "degradation.mask=null draws one"
        )


def drop_default_image(config: DictConfig) -> None:
    """Take the default image away where a target of the user's own is all that was typed.

    So is the default noise: none is drawn on that target.

    Raises:
        ValueError: If a word is about an image that is not there.
    """
    names = set(typed_names())
    if OmegaConf.select(config, "target.path") is None:
        if "target.size" in names:
            size = OmegaConf.select(config, "target.size")
            raise ValueError(
                f"target.size={size} is of target.path; image.size={size} is of the image"
            )
        return
    changes: dict[str, Any] = {}
    if names.isdisjoint({"image", "image.path"}):
        changes["image"] = None
        if "image.size" in names:
            size = OmegaConf.select(config, "image.size")
            raise ValueError(
                f"image.size={size} is of the clean image; target.size={size} is of the target"
            )
    if typed_groups().isdisjoint({"noise", "experiment"}):
        changes["noise"] = {"_target_": "torch.nn.Identity"}
    with open_dict(config), read_write(config):
        config.update(changes)


def check_experiment(config: DictConfig) -> None:
    """Refuse a word that only the experiment file knows: Hydra adds it without a sound.

    Raises:
        ValueError: If there is one; the nearest known word is suggested.
    """
    experiment = HydraConfig.get().runtime.choices.get("experiment")
    if experiment is None:
        return
    added = [word for word in typed() if word.startswith("+")]
    known = names_of(compose("train", [*groups_without_experiment(), *added]))
    for word in names_of(config):
        if word not in known:
            where = f"{word} in experiment={experiment}"
            raise ValueError(f"{where} is not a known word{suggestion(word, known)}")


def groups_without_experiment() -> list[str]:
    """Return the words that choose the option of each group as this run has it, but for experiment.

    A group that takes a list has no choice of its own. All of its options are chosen, so that
    whatever it could bring is known.
    """
    choices = dict(HydraConfig.get().runtime.choices)
    loader = GlobalHydra.instance().config_loader()
    for group in sorted(set(loader.list_groups("")) - choices.keys()):
        choices[group] = f"[{','.join(loader.get_group_options(group))}]"
    return [
        f"{group}={choice}"
        for group, choice in choices.items()
        if choice is not None and not group.startswith(("experiment", "hydra"))
    ]


def spoken(config: DictConfig) -> dict[str, Any]:
    """Return what a person would call the run by: the main choices, and the words typed."""
    names = typed_names()
    groups = {"image", "noise", "model", *names}
    if OmegaConf.select(config, "target.path") is not None:
        groups -= {"image", "noise"} - set(names)  # There the defaults say nothing.
    choices = HydraConfig.get().runtime.choices
    chosen = {group: choice for group, choice in choices.items() if group in groups}
    words = ["noise.sigma", "model.width", "model.depth", "optimizer.lr", "steps", "seed", *names]
    values = {word: OmegaConf.select(config, word) for word in words}
    plain = {word: value for word, value in values.items() if isinstance(value, str | int | float)}
    return chosen | plain


def added_noise(config: DictConfig) -> str | None:
    """Return a line about the noise that is added to a photo, where no word on noise was typed."""
    if "image.path" not in typed_names() or "noise" in typed_groups():
        return None
    path = str(OmegaConf.select(config, "image.path"))
    sigma = OmegaConf.select(config, "noise.sigma")
    if path.startswith(skimage("")) or sigma == 0:
        return None
    noise = f"noise.sigma={sigma}"
    if sigma is None:
        noise = f"noise={HydraConfig.get().runtime.choices['noise']}"
    return (
        f"{noise} was added to {path}, as to a clean image; "
        "for a photo that is noisy already: noise=none"
    )


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


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the known word that is nearest, as the end of a sentence, or nothing."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
