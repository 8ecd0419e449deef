"""What both browsers are shown."""

import pytest

from tests.report.folder import run_folder, sweep_folder
from untrained.report import report


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = sweep_folder(
        tmp_path_factory.mktemp("page") / "my <sweep>",
        **{"model": ["dip", "dd"], "model.width": [8, 128, 16]},
    )
    rules = {"wmv": {"step": 5, "psnr": 26.0, "ssim": 0.5, "gap_db": -0.004, "halted": True}}
    run_folder(folder / "ruled", "model=dip", "model.width=64", number=9, stopping=rules)
    report([folder], folder)
    return folder / "report.html"
