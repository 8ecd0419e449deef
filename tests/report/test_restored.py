import math
from types import SimpleNamespace

import pytest

from untrained.report.restored import write_restored


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["p/beach.jpg", "p/town.png"], ["beach.png", "town.png"]),
        (["p/beach.jpg", "p/beach.tif"], ["beach.jpg.png", "beach.tif.png"]),
        (["p/beach.jpg", "p/town.png", "p/town.png"], ["beach.png", "town, 1.png", "town, 2.png"]),
        (["p/beach.jpg", "p/beach.jpg"], []),
        (["astronaut", ""], []),  # The second failed before it began.
    ],
)
def test_a_result_has_the_name_of_its_picture(tmp_path, paths, names):
    runs = []
    for number, path in enumerate(paths):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "reconstruction.png").write_bytes(path.encode())
        config = {"target.path": path}
        runs.append(SimpleNamespace(folder=folder, config=config, value=config.get, words={}))
    write_restored(tmp_path, runs)
    found = sorted((tmp_path / "restored").glob("*"))
    assert [path.name for path in found] == names


@pytest.mark.parametrize(
    ("numbers", "names"),
    [
        ([0], ["beach.png"]),
        ([0, 1], ["beach, 0.png", "beach, 1.png"]),
        ([math.inf], []),  # Not of a sweep.
    ],
)
def test_a_folder_of_one_picture_leaves_it_too(tmp_path, numbers, names):
    config = {"target.path": "photos/beach.jpg"}
    runs = []
    for place, number in enumerate(numbers):
        folder = tmp_path / str(place)
        folder.mkdir()
        (folder / "reconstruction.png").touch()
        run = {"folder": folder, "config": config, "value": config.get, "words": config}
        runs.append(SimpleNamespace(**run, number=number))
    write_restored(tmp_path, runs)
    assert sorted(path.name for path in (tmp_path / "restored").glob("*")) == names


def test_a_deeper_result_is_the_one_that_is_copied(tmp_path):
    runs = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for ending in ("png", "tif"):
            (tmp_path / name / f"reconstruction.{ending}").write_text(ending)
        config = {"image.path": f"{name}.tif"}
        run = {"folder": tmp_path / name, "config": config, "value": config.get, "words": {}}
        runs.append(SimpleNamespace(**run))
    write_restored(tmp_path, runs)
    assert sorted(path.name for path in (tmp_path / "restored").glob("*")) == ["a.tif", "b.tif"]


def test_pictures_of_one_name_from_two_folders_do_not_overwrite_each_other(tmp_path):
    runs = []
    for place in ("x", "y"):
        folder = tmp_path / place
        folder.mkdir()
        (folder / "reconstruction.png").write_text(place)
        config = {"target.path": f"photos/{place}/a.png"}
        run = {"folder": folder, "config": config, "value": config.get, "words": config}
        runs.append(SimpleNamespace(**run, number=0))
    write_restored(tmp_path, runs)
    found = {path.name: path.read_text() for path in (tmp_path / "restored").glob("*")}
    assert found == {"a.png, x.png": "x", "a.png, y.png": "y"}


def test_the_name_of_a_copy_is_one_that_a_file_may_have(tmp_path):
    runs = []
    for place in ("x", "y"):
        folder = tmp_path / (190 * place)
        folder.mkdir()
        (folder / "reconstruction.png").write_text(place)
        config = {"target.path": f"photos/{100 * 'a'}.png"}
        run = {"folder": folder, "config": config, "value": config.get, "words": config}
        runs.append(SimpleNamespace(**run, number=0))
    write_restored(tmp_path, runs)
    found = sorted(path.read_text() for path in (tmp_path / "restored").glob("aaa*.png"))
    assert found == ["x", "y"]
