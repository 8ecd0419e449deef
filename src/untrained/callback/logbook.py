"""Write curves, images and results to the loggers: TensorBoard or any other, several at once."""

import logging
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from io import BytesIO
from typing import Any

from PIL import Image
from pytorch_lightning import Trainer
from pytorch_lightning.loggers import Logger, TensorBoardLogger
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tqdm import tqdm

from untrained.record.curve import STEP

log = logging.getLogger(__name__)

METHODS = ("log_metrics", "log_hyperparams", "log_graph", "save", "finalize")


def tolerate_loggers(trainer: Trainer) -> None:
    """Let no logger end a fit: a logger that fails is named in a line and dropped."""
    for logger in trainer.loggers:
        for name in METHODS:
            setattr(logger, name, tolerated(trainer, logger, getattr(logger, name)))
        with dropped_if_it_fails(trainer, logger):
            hasattr(logger, "experiment")  # Lightning asks so too, which opens files or a network.


def tolerated(trainer: Trainer, logger: Logger, method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a logger's method that cannot fail, and that does nothing once the logger failed."""

    @wraps(method)
    def call(*values: Any, **words: Any) -> Any:  # noqa: ANN401
        if logger in trainer.loggers:
            with dropped_if_it_fails(trainer, logger):
                return method(*values, **words)
        return None

    return call


@contextmanager
def dropped_if_it_fails(trainer: Trainer, logger: Logger) -> Iterator[None]:
    """Go on without a logger that fails in the body."""
    try:
        yield
    except Exception as error:  # A logger may fail in any way, and so may a network.
        trainer.loggers = [each for each in trainer.loggers if each is not logger]
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        line = (
            f"logger: {type(logger).__name__} failed, and the run continues without it ({reason})"
        )
        log.info("%s", line, exc_info=error)
        tqdm.write(line, sys.stderr)  # Above the bar of the steps.


def log_words(trainer: Trainer, words: Mapping[str, Any]) -> None:
    """Log the words of the run."""
    for logger in trainer.loggers:
        logger.log_hyperparams(dict(words))
        logger.save()


def log_row(trainer: Trainer, row: Mapping[str, float]) -> None:
    """Log the finite numbers of one row of the curves."""
    finite = {name: value for name, value in row.items() if math.isfinite(value)}
    step = int(finite.pop(STEP))
    for logger in trainer.loggers:
        logger.log_metrics(finite, step)


def log_image(trainer: Trainer, name: str, file: bytes, step: int) -> None:
    """Show an image of a step where TensorBoard is a logger.

    Args:
        trainer: Lightning's.
        name: What the image is called.
        file: The bytes of a JPEG or a PNG, which stand in the log as they are.
        step: The step.
    """
    with Image.open(BytesIO(file)) as opened:
        width, height = opened.size
    shown = Summary.Image(encoded_image_string=file, width=width, height=height)
    summary = Summary(value=[Summary.Value(tag=name, image=shown)])
    for logger in tensorboards(trainer):
        with dropped_if_it_fails(trainer, logger):
            logger.experiment.file_writer.add_summary(summary, step)


def log_results(trainer: Trainer, words: Mapping[str, Any], results: Mapping[str, float]) -> None:
    """Log the final figures; TensorBoard's HParams tab shows them beside the words of the run."""
    for logger in trainer.loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.log_hyperparams(dict(words), dict(results))
        else:
            logger.log_metrics(dict(results), trainer.global_step)
        logger.save()


def close_loggers(trainer: Trainer) -> None:
    """Close what Lightning leaves open: the next run of a sweep would go on in a run of W&B."""
    for logger in trainer.loggers:
        with dropped_if_it_fails(trainer, logger):
            experiment: Any = getattr(logger, "experiment", None)
            if hasattr(experiment, "finish"):
                experiment.finish()


def take_back_logs(trainer: Trainer) -> None:
    """Take back what TensorBoard shows of the steps from the present one on."""
    # The mark of a restart: TensorBoard drops what came before it of these steps.
    restart = Event(session_log=SessionLog(status=SessionLog.START))
    for logger in tensorboards(trainer):
        with dropped_if_it_fails(trainer, logger):
            logger.experiment.file_writer.add_event(restart, trainer.global_step)


def tensorboards(trainer: Trainer) -> list[TensorBoardLogger]:
    """Return the loggers that write for TensorBoard."""
    return [logger for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)]
