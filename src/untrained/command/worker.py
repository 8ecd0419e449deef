"""Worker processes, each of one thread, that fit parts of one run side by side."""

import io
import logging
import os
import pickle
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from copy import deepcopy
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

# In a worker, the config of the run, as `begin` found it.
configs: list[DictConfig] = []


@contextmanager
def pool(config: DictConfig, workers: int) -> Iterator[tuple[ProcessPoolExecutor, Path]]:
    """Start workers that know the config, and end them with the body, however that ends.

    Lent with them is a folder that goes with them: a worker that is ended removes nothing itself.
    """
    words = pickle.dumps((HydraConfig.instance().cfg, config))
    # A process that forks after PyTorch has started its threads would hang.
    context = get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=begin, initargs=(words,))
    with TemporaryDirectory(prefix="untrained-") as place:
        try:
            yield executor, Path(place)
        finally:
            processes = list((executor._processes or {}).values())
            executor.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()
            for process in processes:
                process.join()


def pickled(part: object) -> bytes:
    """Return a part of a run as bytes for a worker; see `Compact`."""
    buffer = io.BytesIO()
    Compact(buffer).dump(part)
    return buffer.getvalue()


class Compact(pickle.Pickler):
    """Pickle the elements of each tensor alone.

    A tile is a view of the whole photo, and pickle would write the whole photo for each tile.
    """

    def reducer_override(self, value: Any) -> Any:  # noqa: ANN401
        """Reduce a copy of a view that is smaller than its storage.

        What is fitted stays so, and a sparse tensor has no storage.
        """
        from torch import Tensor, strided

        if type(value) is not Tensor or value.layout != strided or value.requires_grad:
            return NotImplemented
        if value.nbytes >= value.untyped_storage().nbytes():
            return NotImplemented
        copy: Any = value.clone()
        return copy.__reduce_ex__(pickle.DEFAULT_PROTOCOL)


def begin(words: bytes) -> None:
    """Prepare a worker: one thread, so that its bits are the same beside any number of others."""
    import torch

    import untrained.command.word  # noqa: F401 - the resolvers of conf/
    from untrained.command.fit import quieten_lightning
    from untrained.kernel.memory import keep_freed_memory

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The process that started it decides.
    threading.Thread(target=end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)  # What is left out of a fit was said once, of the first.
    quieten_lightning()
    HydraConfig.instance().cfg, config = pickle.loads(words)
    configs[:] = [config]
    if config.accelerator.keep_freed_memory:
        keep_freed_memory()


def end_with_parent() -> None:
    """End this worker when the process that started it has ended, even by a kill."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def config_of_worker() -> DictConfig:
    """Return a copy of the config of the run, in a worker."""
    return deepcopy(configs[0])


def done_soonest(jobs: Sequence["Future[None]"], arrived: list[int]) -> Iterator["Future[None]"]:
    """Yield each job that is done, until all are, or a signal has arrived."""
    left = set(jobs)
    while left and not arrived:
        try:
            for job in as_completed(left, timeout=0.5):
                left.discard(job)
                yield job
        except TimeoutError:
            continue


@contextmanager
def noted_signals() -> Iterator[list[int]]:
    """Lend a list of the signals that have arrived; a second one ends the process at once.

    They are Ctrl-C, an end from outside, and the end of the terminal, unless `nohup` ignores that.
    """
    arrived: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield arrived
        return
    before: dict[int, Any] = {}

    def note(number: int, frame: object) -> None:
        arrived.append(number)
        for each in before:
            signal.signal(each, signal.SIG_DFL)

    ending = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        ending.append(signal.SIGHUP)  # Windows does not have it.
    for each in ending:
        before[each] = signal.signal(each, note)
    try:
        yield arrived
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
