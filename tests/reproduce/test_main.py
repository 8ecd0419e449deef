import pytest
import torch

from tests.conftest import UNDRAWN, train
from untrained import image
from untrained.reproduce import fits
from untrained.reproduce.__main__ import main

WORDS = (
    "optimizer.lr=1e-3",
    "steps=4",
    "model.width=4",
    "model.depth=1",
    "logger=none",
    "baseline=[]",
    "checkpoint.keep=0",
    *UNDRAWN,
)
UNREPORTED = "~hydra.callbacks.sweep"  # of the sweep


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Stand in an empty folder with two pictures of a table in `data`; fits are of this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fits, "run", lambda line: train(*line[2:]))
    picture = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    (tmp_path / "data").mkdir()
    for name in ("house", "montage"):
        image.write(tmp_path / "data" / f"{name}_GT.png", picture)
    return tmp_path / "data"


def refused(capsys, *words):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_table_is_reproduced_and_added_to(data, tmp_path, capsys):
    words = ("dip-inpainting", "--data", "data", "--out", "out", *WORDS, UNREPORTED)
    with pytest.raises(SystemExit) as end:
        main([*words, "--images", "house"])
    assert end.value.code == 0
    assert "dip-inpainting: 1 fit, in all about 0 s on two CPU cores" in capsys.readouterr().err
    first = (tmp_path / "out" / "table.csv").read_text()
    assert first.splitlines()[1].startswith("house,39.16,")
    with pytest.raises(SystemExit) as end:
        main([*words, "--images", "house,montage"])
    said = capsys.readouterr()
    assert end.value.code == 0
    assert "is finished" in said.err
    assert "2 of the table's 11 rows are here" in said.out
    assert (tmp_path / "out" / "table.csv").read_text().startswith(first)


def test_what_does_not_begin_leaves_nothing(data, tmp_path, capsys):
    words = ("dip-inpainting", "--data", "data", "--images", "house", "--out", "out")
    with pytest.raises(SystemExit) as end:
        main([*words, "stepps=4"])
    assert end.value.code == 1
    assert "stepps" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_picture_that_cannot_be_fitted_leaves_nothing_and_a_folder_of_yours_stays(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    image.write("baby_GT.png", torch.rand(1, 3, 48, 16))
    words = ("dip-set5-x4", "--data", ".", "--images", "baby", "--out")
    (tmp_path / "mine").mkdir()
    for out in ("mine", "new/deeper"):
        with pytest.raises(SystemExit):
            main([*words, out])
        assert "baby_GT.png has 48 x 16 pixels, less than 32" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"baby_GT.png", "mine"}
    assert not any((tmp_path / "mine").iterdir())


def test_bad_input_is_one_line(data, capsys):
    assert "nope is not a table; there are" in refused(capsys, "nope")
    assert "--data is missing: the folder" in refused(capsys, "dip-inpainting")
    assert "unrecognized arguments: --nope" in refused(capsys, "dip-inpainting", "--nope")
    words = ("dip-inpainting", "--data", "data", "--images", "house")
    assert "--seeds must be" in refused(capsys, *words, "--seeds", "x")
    assert "--seeds must be" in refused(capsys, *words, "--seeds=-1")
    assert "the table sets seed; see --seeds" in refused(capsys, *words, "seed=1")
    assert "has no barbara_GT.png and 8 more" in refused(capsys, *words[:3])


def test_the_tables_are_listed_with_what_they_take(capsys):
    main(["--list"])
    said = capsys.readouterr().out
    assert "dip-denoising: Deep Image Prior, denoising: nine colour images, sigma 25" in said
    assert "29.22 dB (psnr.last), 30.43 dB (psnr.average), 31.00 dB (psnr.mean_image)" in said
    assert "time: about 14.4 h for one seed of all images on two CPU cores" in said
