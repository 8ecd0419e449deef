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
    ],
)
def test_a_result_has_the_name_of_its_picture(tmp_path, paths, names):
    runs = []
    for number, path in enumerate(paths):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "reconstruction.png").write_bytes(path.encode())
        config = {"target.path": path}
        runs.append(SimpleNamespace(folder=folder, config=config, value=config.get))
    write_restored(tmp_path, runs)
    found = sorted((tmp_path / "restored").glob("*"))
    assert [path.name for path in found] == names


def test_a_deeper_result_is_the_one_that_is_copied(tmp_path):
    runs = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for ending in ("png", "tif"):
            (tmp_path / name / f"reconstruction.{ending}").write_text(ending)
        config = {"image.path": f"{name}.tif"}
        runs.append(SimpleNamespace(folder=tmp_path / name, config=config, value=config.get))
    write_restored(tmp_path, runs)
    assert sorted(path.name for path in (tmp_path / "restored").glob("*")) == ["a.tif", "b.tif"]
