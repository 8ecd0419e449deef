"""Folders of runs as `train.py` leaves them, made in no time."""

import csv
import json

import numpy as np
import torch

from untrained import image
from untrained.record.frame import frame_path
from untrained.record.name import BASELINES, CLEAN, FRAMES, RESULT, TARGET

PSNR = (10.0, 15.0, 26.0, 24.0)


def run_folder(
    folder,
    *words,
    number=0,
    psnr=PSNR,
    clean=True,
    stopping=None,
    baselines=None,
    side=16,
    **result,
):
    """Write the folder of a run; `result` changes or adds keys of `result.json`."""
    (folder / ".hydra").mkdir(parents=True)
    choices = {"model": "dd", "noise": "gaussian"}
    choices |= {k: v for k, _, v in (word.partition("=") for word in words) if k in choices}
    hydra = {
        "job": {"num": number},
        "overrides": {"task": list(words)},
        "runtime": {"choices": choices},
    }
    (folder / ".hydra" / "hydra.yaml").write_text(json.dumps({"hydra": hydra}))
    config = {"model": {"width": 128}, "noise": {"sigma": 25}, "steps": 40}
    (folder / ".hydra" / "config.yaml").write_text(json.dumps(config))
    found = {"status": "finished", "error": None, "words": list(words), "seconds": 1.0}
    found |= {"config": config, "machine": {"cores": 2}, "fingerprint": "0"}
    (folder / FRAMES).mkdir(parents=True)
    (folder / RESULT).write_text(json.dumps(found | result))
    steps = [0, 1, 10, 39]
    noisy = next((word for word in words if word.startswith("noise.sigma=")), "noise.sigma=25")
    variant = "last" if clean else "against_target"
    draw = np.random.default_rng(0)
    with (folder / "metrics.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ["step", "loss", *(f"{metric}/{variant}" for metric in ("psnr", "ssim", "mse"))]
        )
        for step, decibel in zip(steps, psnr, strict=False):
            table.writerow([step, 0.1 / (step + 1), decibel, 0.5, 10 ** (-decibel / 10)])
    for step in steps[: len(psnr)]:
        picture = torch.full((1, 3, side, side), step / 255)
        picture[..., : number + 1, :] = 1
        image.write(frame_path(folder, step), picture)
    target = torch.from_numpy(draw.random((1, 3, side, side), np.float32))
    image.write(folder / TARGET, target * int(noisy.partition("=")[2]) / 255)
    figures = dict.fromkeys(("target", "last", "average", "best", "best_step"))
    if clean:
        image.write(folder / CLEAN, torch.full((1, 3, side, side), 0.5))
        best = int(np.argmax(psnr))
        figures |= {"target": 20.0, "last": psnr[-1], "best": psnr[best], "best_step": steps[best]}
    summary = {
        "status": "finished",
        "steps": 40,
        "seconds": 12.5,
        "target_sha256": noisy,
        "versions": {"torch": "2"},
        "psnr": figures,
        "ssim": figures | {key: 0.5 for key in figures if figures[key] is not None},
    }
    if baselines:
        summary["baselines"] = baselines
        (folder / BASELINES).mkdir()
        for number, name in enumerate(baselines):
            picture = torch.full((1, 3, side, side), number / 10)
            image.write(folder / BASELINES / f"{name}.png", picture)
    if stopping:
        summary["stopping"] = stopping
        if any(rule.get("halted") for rule in stopping.values()):
            summary["status"] = "stopped"
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


def sweep_folder(folder, **words):
    """Write the folder of a sweep of every combination of some values of words."""
    jobs = [[]]
    for word, values in words.items():
        jobs = [[*job, f"{word}={value}"] for job in jobs for value in values]
    for number, job in enumerate(jobs):
        psnr = [p - number / 4 for p in PSNR]
        run_folder(folder / ",".join(job), *job, number=number, psnr=psnr)
    task = [f"{word}={','.join(map(str, values))}" for word, values in words.items()]
    text = json.dumps({"hydra": {"overrides": {"task": task, "hydra": ["hydra.mode=MULTIRUN"]}}})
    (folder / "multirun.yaml").write_text(text)
    return folder
