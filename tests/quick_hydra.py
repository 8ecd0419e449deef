"""Hydra without what it does again and again for each run: most of the time of a tiny one.

It parses the forty files of a config anew, lists them and puts them together, though neither
`conf/` nor its own files change, and each word. It composes each config twice.
"""

from copy import copy, deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path

import hydra.version
from hydra import compose, initialize_config_dir
from hydra._internal import config_loader_impl, defaults_list
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.defaults_list import Overrides
from hydra._internal.hydra import Hydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import JobRuntime
from hydra.plugins.config_source import ConfigSource
from omegaconf import OmegaConf, flag_override
from omegaconf.errors import OmegaConfBaseException

import untrained.command.word  # noqa: F401 - the resolvers of conf/
from tests import quick_omegaconf

ROOT = Path(__file__).parent.parent
# Where the files of a config stand that do not change.
STILL = str(ROOT / "conf"), "hydra"


def remembering_files(load):
    """Load each file of `conf/`, and of Hydra, once."""
    known = {}

    def load_config(self, config_path):
        place = self.path, config_path
        if not self.path.startswith(STILL):
            return load(self, config_path)
        if place not in known:
            known[place] = load(self, config_path)
        return deepcopy(known[place])

    return load_config


def stands_still(repo):
    """Tell whether all files of a config are of `conf/` or of Hydra."""
    files = [source for source in repo.get_sources() if source.scheme() != "structured"]
    return all(source.path.startswith(STILL) for source in files)


def remembering_contents(load):
    """Find a file, and its list of defaults, once. Nobody changes what is found."""
    known = {}

    def load_config(self, config_path):
        if not stands_still(self):
            return load(self, config_path)
        if config_path not in known:
            known[config_path] = load(self, config_path)
        return known[config_path]

    return load_config


def remembering_packages(load):
    """Put what a file holds into the group of its words once; the config takes a copy."""
    known = {}

    def load_single_config(self, default, repo):
        place = str(default) if stands_still(repo) else None
        found = known.get(place) or load(self, default, repo)
        if place is not None:
            known[place] = found
        return replace(found, config=deepcopy(found.config))

    return load_single_config


def remembering_options(create):
    """List the files of a config once for all words that choose the same option of each group."""
    known = {}

    def create_defaults_list(repo, config_name, overrides_list, **how):
        if not stands_still(repo):
            return create(repo, config_name, overrides_list, **how)
        values = Overrides(repo, overrides_list).config_overrides
        groups = [word for word in overrides_list if word not in values]
        chosen = (config_name, *how.items(), *(word.input_line for word in groups))
        if chosen not in known:
            known[chosen] = create(repo, config_name, groups, **how)
        return replace(known[chosen], config_overrides=values)

    return create_defaults_list


def choices_where_they_matter(overrides, files, self_added):
    """Return the choices that were made for files whose names hold one, without what they list."""
    if any(not each.is_self() and each.is_interpolation() for each in files):
        return OmegaConf.create(overrides.known_choices)
    return None


def remembering_hydra(compose_files):
    """Put the files of Hydra, which come first, together once for all configs."""
    known = {}

    def compose_config(self, defaults, repo):
        paths = [each.config_path for each in defaults]
        own = next(n for n, path in enumerate(paths) if not path.startswith("hydra/"))
        files = tuple(map(str, defaults[:own]))
        if files not in known:
            known[files] = compose_files(self, defaults[:own], repo)
        config = deepcopy(known[files])
        with flag_override(config, "no_deepcopy_set_nodes", True):
            for each in defaults[own:]:
                config.merge_with(self._load_single_config(each, repo).config)
        return config

    return compose_config


def remembering_configs(compose_files):
    """Put the same files together once."""
    known = {}
    compose_soon = remembering_hydra(compose_files)

    def compose_config(self, defaults, repo):
        if not stands_still(repo):
            return compose_files(self, defaults, repo)
        files = tuple(map(str, defaults))
        if files not in known:
            try:
                known[files] = compose_soon(self, defaults, repo)
            except OmegaConfBaseException:
                return compose_files(self, defaults, repo)  # Hydra says in which file.
        return deepcopy(known[files])

    return compose_config


def remembering_words(parse):
    """Parse each word of a command line once."""
    known = {}

    def parse_rule(self, word, rule):
        if (word, rule) not in known:
            known[word, rule] = parse(self, word, rule)
        return deepcopy(known[word, rule])

    return parse_rule


def remembering_compositions(load):
    """Compose a config of the same words once: a run asks for that of no words too, and of some."""
    known = {}

    def load_configuration(self, config_name, overrides, run_mode, **how):
        is_searched = any("hydra.searchpath" in word for word in overrides)
        if is_searched or not stands_still(self.repository):
            return load(self, config_name, overrides, run_mode, **how)
        sources = [(each.provider, each.path) for each in self.repository.get_sources()]
        names = config_name, JobRuntime.instance().get("name")
        key = names, tuple(overrides), run_mode, tuple(how.items()), tuple(sources)
        if key not in known:
            known[key] = load(self, config_name, overrides, run_mode, **how)
        config = deepcopy(known[key])
        config.hydra.runtime.cwd = str(Path.cwd())
        return config

    return load_configuration


def asking_where_it_matters(get_mode):
    """Compose a config to learn `hydra.mode` where an experiment or that word may say it."""

    def mode(self, config_name, overrides):
        if any("experiment" in word or "hydra.mode" in word for word in overrides):
            return get_mode(self, config_name, overrides)
        return None

    return mode


def quicken(patch):
    """Put what remembers in the place of what does all anew.

    Args:
        patch: Sets an attribute: `setattr`, or one that takes it back.
    """
    patch(hydra.version, "_get_version", cache(hydra.version._get_version))
    patch(Hydra, "get_mode", asking_where_it_matters(Hydra.get_mode))
    patch(OverridesParser, "parse_rule", remembering_words(OverridesParser.parse_rule))
    # Hydra makes the classes anew as it looks for its plugins, which it does once.
    for source in Plugins.instance().discover(ConfigSource):
        patch(source, "load_config", remembering_files(source.load_config))
    patch(defaults_list, "_create_interpolation_map", choices_where_they_matter)
    create = remembering_options(config_loader_impl.create_defaults_list)
    patch(config_loader_impl, "create_defaults_list", create)
    loader = config_loader_impl.ConfigLoaderImpl
    patch(ConfigRepository, "load_config", remembering_contents(ConfigRepository.load_config))
    load = remembering_packages(loader._load_single_config)
    patch(loader, "_load_single_config", load)
    compose_files = remembering_configs(loader._compose_config_from_defaults_list)
    patch(loader, "_compose_config_from_defaults_list", compose_files)
    load = remembering_compositions(loader._load_configuration_impl)
    patch(loader, "_load_configuration_impl", load)
    # Hydra copies it deeply for each config, to give the copy other folders.
    patch(ConfigRepository, "__deepcopy__", lambda self, _: copy(self))


def warm():
    """Read the files and the grammar once, for all processes that are forked afterwards."""
    quick_omegaconf.quicken(setattr)
    quicken(setattr)
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        compose("train")
