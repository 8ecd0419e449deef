from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from untrained.command.pictures import expanded
from untrained.command.pointed import mask_in, settle_pictures


@pytest.fixture(autouse=True)
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for number, name in enumerate(["b (2).png", "a.png", "c,d=1.png"]):
        ramp = np.arange(20 * 24).reshape(20, 24) // 4 + 60 * number
        iio.imwrite(f"photos/{name}", ramp.astype(np.uint8))
    Path("photos/notes.txt").write_text("not a picture")
    Path("photos/.hidden.png").write_bytes(b"")


def test_a_folder_is_a_sweep_over_its_pictures():
    found = expanded(["target.path=photos/", "steps=3"])
    pictures = r"photos/a.png,'photos/b (2).png','photos/c,d=1.png'"
    assert found == ["-m", f"target.path={pictures}", "steps=3"]
    assert expanded(["-m", "target.path='photos'"]) == ["-m", f"target.path={pictures}"]


def test_a_folder_that_is_named_for_the_run_is_that_of_the_sweep():
    assert expanded(["target.path=photos", "hydra.run.dir=out"])[2] == "hydra.sweep.dir=out"


def test_the_folder_of_a_run_beside_a_sweep_is_told(run):
    several = "is the folder of a run, and this is a sweep: type hydra.sweep.dir=out"
    for words in (["-m", "seed=0,1"], ["-m", "target.path=photos"], ["hydra.mode=MULTIRUN"]):
        code, _, err = run(*words, "hydra.run.dir=out")
        assert (code, err) == (1, f"hydra.run.dir=out {several}\n")
    code, _, err = run("target.path=photos", "hydra.run.dir=out", "hydra.sweep.dir=other")
    assert (code, err) == (1, f"hydra.run.dir=out {several}\n")
    code, _, err = run("hydra.sweep.dir=out")
    single = "is the folder of a sweep, and this is a run: type hydra.run.dir=out"
    assert (code, err) == (1, f"hydra.sweep.dir=out {single}\n")
    assert not Path("out").exists()
    assert not Path("outputs").exists()


def test_a_folder_of_masks_has_one_for_each_picture():
    Path("masks").mkdir()
    words = ["target.path=photos", "degradation=inpainting", "degradation.mask=masks/"]
    for name in ("a.npy", "b (2).png"):
        Path("masks", name).touch()
    line = "^degradation.mask=masks/ has no mask of the name of c,d=1.png$"
    with pytest.raises(ValueError, match=line):
        expanded(words)
    Path("masks/c,d=1.png").touch()
    assert expanded(words)[-1] == "degradation.mask=masks/"
    Path("masks").rename("it's (1)")
    assert (
        expanded([*words[:2], "degradation.mask=it's (1)"])[-1] == r"degradation.mask='it\'s (1)'"
    )
    Path("it's (1)").rename("masks")
    line = "^degradation.mask=masks/ is a folder, and there is one picture"
    with pytest.raises(ValueError, match=line):
        expanded(["target.path=photos/a.png", *words[1:]])


def test_each_run_finds_its_mask_by_name(tmp_path):
    for name in ("a.npy", "b.jpg.png", "b.tif.png", "c.png", "c.tif", ".d.png"):
        Path(name).touch()
    pictures = {"a.jpg": "a.npy", "b.tif": "b.tif.png", "c.tif": "c.tif"}
    for picture, mask in pictures.items():
        assert mask_in(tmp_path, Path("photos", picture), "masks").name == mask
    for picture, line in (
        ("c.jpg", "several masks of the name of c.jpg: c.png, c.tif"),
        ("d", "no"),
    ):
        with pytest.raises(ValueError, match=f"degradation.mask=masks has {line}"):
            mask_in(tmp_path, Path(picture), "masks")
    config = OmegaConf.create({"target": {"path": "a.npy"}, "degradation": {"mask": "."}})
    settle_pictures(config, str(tmp_path))
    assert config.degradation.mask == "a.npy"
    config.target.path = None
    config.degradation.mask = "."
    with pytest.raises(ValueError, match=r"^degradation.mask=\. is a folder; "):
        settle_pictures(config, str(tmp_path))


def test_who_only_looks_at_the_words_is_shown_them():
    assert expanded(["target.path=photos", "--cfg", "job"]) == [
        "target.path=photos",
        "--cfg",
        "job",
    ]


def test_photos_that_are_not_read_are_said(capsys):
    Path("photos/IMG 1.HEIC").write_bytes(b"")
    assert len(expanded(["target.path=photos"])) == 2
    line = "target.path: 1 left out (IMG 1.HEIC); target.path='photos/IMG 1.HEIC' says why\n"
    assert capsys.readouterr().err == line


def test_so_is_a_pattern_and_a_file_is_a_file():
    assert (
        expanded(["image.path=photos/[ab]*.png"])[1] == "image.path=photos/a.png,'photos/b (2).png'"
    )
    words = ["target.path=photos/a.png", "target.path=nowhere.png", "model=dd"]
    assert expanded(words) == words


NAMES = ["it's.png", 'say "x".png', "a=b.png", "c,d.png", "e[1].png", "f{g}.png", "h(1).png"]
NAMES += [
    "ü.png",
    "日本.png",
    "-dash.png",
    "back\\slash.png",
    "back\\",
    "q\\'.png",
    "#h.png",
    "a;b.png",
]
NAMES += [
    "x*y.png",
    "new\nline.png",
    " lead.png",
    "trail .png",
    "a&b|c.png",
    "<x>.png",
    "123",
    "$x.png",
]
NAMES += [
    "~t.png",
    "null",
    "a:b.png",
    "@x.png",
    "!x.png",
    "+x.png",
    "%41.png",
    "`x`.png",
    "a\tb.png",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_may_have_any_name(name):
    Path(name).touch()
    (word,) = expanded([f"target.path={name}"])
    read = OverridesParser.create().parse_override(word).value()
    assert Path(str(read)).absolute() == Path(name).absolute()
    assert isinstance(read, str)
    Path("more").mkdir()
    Path("more", name).touch()
    _, word = expanded([f"target.path=more/*{name[-1]}"])
    batch = OverridesParser.create().parse_override(f"{word},other").sweep_string_iterator()
    again = OverridesParser.create().parse_override(f"target.path={next(batch)}")
    assert again.value() == f"more/{name}"


def test_a_name_that_no_run_can_keep_is_told(capsys):
    Path("photos/a${b}.png").touch()
    for name in ("photos/a${b}.png", "'photos/a${b}.png'"):
        with pytest.raises(
            ValueError, match=r"in a name has a meaning of its own; rename the file$"
        ):
            expanded([f"target.path={name}"])
    assert "a${b}" not in expanded(["target.path=photos"])[1]
    Path("photos/\udcff.png").touch()
    with pytest.raises(ValueError, match="the name is not in UTF-8; rename the file"):
        expanded(["target.path=photos/\udcff.png"])
    capsys.readouterr()
    assert "udc" not in ascii(expanded(["target.path=photos"])[1])
    line = "target.path: 2 left out (a${b}.png, ...); target.path='photos/a${b}.png' says why\n"
    assert capsys.readouterr().err == line
    with pytest.raises(
        ValueError, match=r"^target.path=~no_such_user/\*.png: ~ names a home folder"
    ):
        expanded(["target.path=~no_such_user/*.png"])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["target.path=photos/*.gif"], "is a pattern without a picture"),
        (["target.path=empty"], "target.path=empty is a folder without a picture"),
        (
            ["target.path=photos", "image.path=photos"],
            "name several pictures each; only one of them may",
        ),
    ],
)
def test_what_names_no_picture_is_refused(words, line):
    Path("empty").mkdir()
    with pytest.raises(ValueError, match=line):
        expanded(words)


@pytest.mark.usefixtures("undrawn")
def test_what_was_restored_stands_side_by_side(run, tmp_path):
    Path("photos/c,d=1.png").rename("photos/it's.png")
    code, _, err = run(
        "target.path=photos",
        "model.width=4",
        "model.depth=1",
        "steps=1",
        "stopping=[]",
        "baseline=[]",
        "refinement=none",
        "logger=none",
        "~callbacks.video",
        "hydra.sweep.dir=sweep",
    )
    assert code == 0, err
    restored = sorted(path.name for path in Path("sweep/restored").iterdir())
    assert restored == ["a.png", "b (2).png", "it's.png"]
    assert Path("sweep/report.html").exists()
