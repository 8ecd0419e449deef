"""What is printed of a run."""

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from tests.left import summary
from untrained.callback.table import table_of_baselines, table_of_rules

SMALL = (
    "model.width=8",
    "model.depth=1",
    "hydra.run.dir=run",
    "~callbacks.video",
    "~callbacks.pictures",
    "baseline=[]",
    "logger=none",
)


def table_rows(out):
    """Take the rows of the printed tables apart; a long label is of several lines."""
    cells = [[each.strip() for each in line.split("│")[1:-1]] for line in out.splitlines()]
    found = []
    for label, *values in filter(None, cells):
        if found and not any(values):
            found[-1][0] += f" {label}"
        else:
            found.append([label, *values])
    return {label: values for label, *values in found}


def test_the_first_row_is_the_answer_and_the_last_the_best_of_its_kind(run):
    words = ("model=dip", "image.size=32", "steps=12", "stopping=[fixed]")
    _, out, _ = run(*SMALL, *words, "stopping.fixed.step=5", "stopping.choose=fixed")
    found, answer = table_rows(out), summary()["reconstruction"]
    label = "reconstruction.png: average of step 5, chosen by fixed, refined"
    assert next(iter(found)) == label
    assert found[label] == [f"{answer['psnr']:.2f}", f"{answer['ssim']:.3f}"]
    best = summary()["best_average"]
    assert found[f"best average of the curve (oracle, step {best['step']})"][0] == (
        f"{best['psnr']:.2f}"
    )
    gap = best["psnr"] - summary()["stopping"]["fixed"]["psnr"]
    assert found["fixed"][2] == f"{gap:.2f}" == f"{summary()['stopping']['fixed']['gap_db']:.2f}"


def test_without_an_average_the_oracle_is_of_the_reconstructions(run):
    words = ("model=dd", "recipe=authors", "image.size=32", "steps=12", "stopping.choose=null")
    _, out, _ = run(*SMALL, *words)
    found, psnr = table_rows(out), summary()["psnr"]
    assert found["reconstruction.png: reconstruction of the last step"][0] == f"{psnr['last']:.2f}"
    label = f"best reconstruction of the curve (oracle, step {psnr['best_step']})"
    assert found[label][0] == f"{psnr['best']:.2f}"
    assert summary()["best_average"] is None


def test_a_result_worse_than_its_input_is_called_so(run):
    words = ("recipe=authors", "image.size=32", "steps=12", "noise.sigma=5", "stopping.choose=null")
    _, out, _ = run(*SMALL, *words)
    fall = summary()["psnr"]["target"] - summary()["psnr"]["last"]
    assert (
        f"reconstruction.png is {fall:.1f} dB worse than the noisy image: "
        "the fit was still learning: try more steps than 12\n" in out
    )


def test_more_steps_are_not_advised_where_a_rule_ended_the_run(run):
    rule = ("stopping=[fixed]", "stopping.fixed.step=5", "stopping.halt=fixed", "noise.sigma=5")
    _, out, _ = run(*SMALL, *rule, "image.size=32", "steps=12")
    assert "worse than the noisy image: try a larger model.width" in out


def test_noise_that_is_added_to_a_photo_unasked_is_said_before_the_fit(run, monkeypatch):
    def unfitted(*_):
        raise ValueError("it begins")

    monkeypatch.setattr("untrained.command.fit.leftovers_removed", unfitted)
    iio.imwrite("photo.png", np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8))
    line = (
        "noise.sigma=25 was added to photo.png, as to a clean image; "
        "if the photo is noisy already, type noise=none\n"
    )
    words = (*SMALL, "steps=1", "stopping=[]", "refinement=none")
    _, _, err = run(*words, "image.path=photo.png")
    assert err.startswith(line)
    others = ("noise=none", "noise.sigma=25", "noise=poisson", "target.path=photo.png")
    for number, word in enumerate(others):
        _, _, err = run(*words, "image.path=photo.png", word, f"hydra.run.dir={number}")
        assert err == "it begins\n"
    _, _, err = run(*words, "image=camera", "image.size=32", "hydra.run.dir=camera")
    assert err == "it begins\n"


def test_the_noise_that_a_rule_saw_is_said(run):
    _, out, _ = run(*SMALL, "image.size=32", "steps=2", "noise=salt_and_pepper")
    assert summary()["stopping"]["blind"]["noise"] == "impulses"
    assert "noise" not in summary()["stopping"]["emv"]
    assert "blind saw impulses" in out
    assert "reconstruction.png is not written: callbacks.pictures writes it\n" in out


def test_a_texture_that_may_have_been_taken_for_noise_is_said(run):
    words = [word for word in SMALL if word != "~callbacks.pictures"]
    words += ["image=gravel", "image.size=96", "noise.sigma=5", "refinement=none", "steps=12"]
    _, out, _ = run(*words)
    target, result = (iio.imread(f"run/{name}.png") for name in ("record/target", "reconstruction"))
    difference = np.sqrt(np.square(target.astype(float) - result).mean())
    assert summary()["reconstruction"]["removed"] == pytest.approx(difference, rel=0.02)
    assert f"The result is {difference:.0f} of 255 away from the target; " in out
    assert 'type "stopping=[whiteness]"\n' in out
    _, out, _ = run(*words, "stopping=[whiteness]", "hydra.run.dir=white")
    assert "of 255 away" not in out
    _, out, _ = run(*words, "degradation=inpainting", "hydra.run.dir=lost")
    assert "of 255 away" not in out


def test_without_a_summary_the_folder_is_named(run):
    code, out, _ = run(*SMALL, "image.size=32", "steps=2", "~callbacks.summary")
    assert (code, out) == (0, f"{Path('run').resolve()}\n")


def test_a_console_of_no_known_width_is_shown_all(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "0")
    assert run(*SMALL, "image.size=32", "steps=2")[1].endswith("run\n")


def test_a_column_without_a_number_is_left_out():
    unknown = {"step": 640, "detected": False, "psnr": None, "gap_db": None, "halted": False}
    known = unknown | {"psnr": 27.0, "gap_db": 0.1}
    headings = [[str(each.header) for each in table_of_rules({"emv": unknown}).columns]]
    headings.append([str(each.header) for each in table_of_rules({"emv": known}).columns])
    assert headings == [["rule", "step"], ["rule", "step", "PSNR, dB", "gap, dB"]]
    (fast,) = table_of_baselines({"tv": {"name": "TV", "seconds": 0.1}}).columns[1:]
    assert fast.header == "seconds"
