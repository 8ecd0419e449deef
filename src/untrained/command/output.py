"""The log of a run."""

import logging
from pathlib import Path
from typing import Any


class LogFile(logging.FileHandler):
    """The log of a run, whose folder is made with its first line."""

    def _open(self) -> Any:  # noqa: ANN401 - the base class says so too
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()
