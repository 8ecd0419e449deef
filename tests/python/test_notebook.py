"""The worked notebook runs from its first cell to its last."""

import json

import matplotlib.pyplot as plt

from ..conftest import ROOT


def test_every_cell_of_the_notebook_runs(capsys):
    cells = json.loads((ROOT / "examples" / "restore.ipynb").read_text())["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert "steps = 600" in "".join(sources)
    names = {}
    for source in sources:
        # So many steps only make the pictures good.
        exec(source.replace("steps = 600", "steps = 3"), names)
    plt.close("all")
    assert names["result"].image.shape == names["clean"].shape
    assert "PSNR" in capsys.readouterr().out
    known = names["known"]
    assert abs(names["filled"].image[known] * 1.0 - names["masked"][known]).max() <= 1
