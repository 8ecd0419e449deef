"""A report replaces what a report left, and nothing else."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import contents
from tests.report.folder import run_folder
from tests.report.test_seeds import seeds_folder
from untrained.report import report
from untrained.report.__main__ import main
from untrained.report.page import album
from untrained.report.place import END, START

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture
def sweep(tmp_path):
    return seeds_folder(tmp_path / "sweep", model=["dip", "dd"], seed=[0, 1])


def test_a_report_takes_the_place_of_the_one_before(sweep, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(album, "LARGEST", 1000)
        report([sweep], sweep)
        before = contents(sweep)
        assert len(list((sweep / "report_images").glob("*.jpg"))) > 8
        assert (sweep / "seeds.csv").exists()
        report([sweep], sweep)
        assert contents(sweep).keys() == before.keys()
    report([sweep], sweep)
    assert not (sweep / "report_images").exists(), "the pictures of the report before"
    assert not list(sweep.glob(".*"))


def test_somebody_s_own_file_is_refused(sweep):
    for name in ("results.csv", "comparison.png", "panel.jpg", "report.html", "seeds.csv"):
        (sweep / name).write_text("the user's")
        before = contents(sweep)
        with pytest.raises(ValueError, match=f"{name} was edited or is your own: move it"):
            report([sweep], sweep)
        assert contents(sweep) == before
        (sweep / name).unlink()


def test_a_file_of_a_report_that_was_edited_is_somebody_s_own(sweep):
    report([sweep], sweep)
    (sweep / "results.csv").write_text("the user's")
    with pytest.raises(ValueError, match="results.csv was edited or is your own"):
        report([sweep], sweep)
    assert (sweep / "results.csv").read_text() == "the user's"


@pytest.mark.parametrize("words", ["{} ", " {}"])
def test_a_page_that_was_edited_is_somebody_s_own(sweep, words):
    report([sweep], sweep)
    page = words.format((sweep / "report.html").read_text())
    (sweep / "report.html").write_text(page)
    with pytest.raises(ValueError, match="report.html was edited or is your own"):
        report([sweep], sweep)
    assert (sweep / "report.html").read_text() == page


def test_a_page_of_an_older_version_is_replaced(sweep):
    report([sweep], sweep)
    path = sweep / "report.html"
    page, start, listed = path.read_bytes().rpartition(START)
    files = json.loads(listed.removesuffix(END))
    del files["report.html"]
    path.write_bytes(page + start + json.dumps(files).encode() + END)
    report([sweep], sweep)
    assert "report.html" in json.loads(path.read_bytes().rpartition(START)[2].removesuffix(END))


def test_somebody_s_own_pictures_stay(sweep, monkeypatch):
    for folder in ("report_images", "seeds"):
        (sweep / folder).mkdir()
        (sweep / folder / "holiday.jpg").write_text("the user's")
    for largest in (1000, album.LARGEST):
        monkeypatch.setattr(album, "LARGEST", largest)
        report([sweep], sweep)
    for folder in ("report_images", "seeds"):
        assert (sweep / folder / "holiday.jpg").read_text() == "the user's"


def test_a_report_that_was_killed_while_it_moved_is_done_anew(sweep, monkeypatch):
    report([sweep], sweep)
    run_folder(sweep / "more", "model=dd", "seed=2", number=4)
    replace, left = Path.replace, iter([True, True])

    def killed(path, target):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            report([sweep], sweep)
    report([sweep], sweep)
    assert len((sweep / "results.csv").read_text().splitlines()) == 6


def test_the_report_of_a_run_stands_in_a_folder_of_its_own(tmp_path, monkeypatch, capsys):
    run = run_folder(tmp_path / "run", "model=dd")
    (run / "panel.jpg").write_text("the run's own")
    monkeypatch.setattr(sys, "argv", ["report", str(run)])
    main()
    assert (run / "panel.jpg").read_text() == "the run's own"
    assert (run / "report" / "report.html").exists()
    assert str(run / "report" / "report.html") in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["report", str(run), "--out", str(tmp_path / "out")])
    main()
    assert (tmp_path / "out" / "report.html").exists()


def test_a_report_needs_no_console(tmp_path, monkeypatch):
    run = run_folder(tmp_path / "run", "model=dd")
    monkeypatch.setattr(sys, "argv", ["report", str(run)])
    monkeypatch.setattr(sys, "stdout", None)
    main()
    assert (run / "report" / "report.html").exists()


@pytest.mark.usefixtures("undrawn")
def test_a_report_that_is_ended_leaves_no_empty_folder(tmp_path, monkeypatch):
    run = run_folder(tmp_path / "run", "model=dd")

    def ended(*_):
        raise SystemExit(130)

    monkeypatch.setattr("untrained.report.write_page", ended)
    with pytest.raises(SystemExit):
        report([run], tmp_path / "out")
    assert not (tmp_path / "out").exists()
