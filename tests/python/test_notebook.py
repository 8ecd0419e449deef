"""The worked notebook runs from its first cell to its last."""

import json

import matplotlib.pyplot as plt

from ..conftest import ROOT


def test_every_cell_of_the_notebook_runs(capsys):
    cells = json.loads((ROOT / "examples" / "restore.ipynb").read_text())["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    # So many steps and pixels only make the pictures good.
    fewer = {"steps = 600": "steps = 3", "[10:138, 160:288]": "[10:74, 160:224]"}
    assert all(each in "".join(sources) for each in fewer)
    names = {}
    for source in sources:
        for many, few in fewer.items():
            source = source.replace(many, few)
        exec(source, names)
    plt.close("all")
    assert names["result"].image.shape == names["clean"].shape
    assert "PSNR" in capsys.readouterr().out
    known = names["known"]
    assert abs(names["filled"].image[known] * 1.0 - names["masked"][known]).max() <= 1
