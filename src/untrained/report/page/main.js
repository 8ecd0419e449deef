/** The start of the page: its title, what is selected at first, and what its controls do. */

import { drawAgain } from "./again.js";
import { drawCurves, label, metrics, moveMarkers } from "./curve.js";
import { DATA, RUNS, state } from "./data.js";
import { $, fill } from "./element.js";
import { drawGallery, moveStep, play } from "./gallery.js";
import { drawChoices, drawPair, swipeTo } from "./pair.js";
import { steps } from "./step.js";
import { drawTable, shownRuns } from "./table.js";
import { watchViews, zoomAt } from "./zoom.js";

const STATUSES = ["finished", "stopped", "interrupted", "failed"];

function counted() {
  const parts = [];
  for (const status of STATUSES) {
    const count = RUNS.filter((run) => run.status === status).length;
    if (count) parts.push(`${count} ${status}`);
  }
  const runs = RUNS.length === 1 ? "1 run" : `${RUNS.length} runs`;
  const swept = DATA.words.length ? ` · swept: ${DATA.words.join(", ")}` : "";
  return `${runs}: ${parts.join(", ")}${swept}`;
}

/** Let every view have the shape of the first image. */
function takeShape(run) {
  const probe = new Image();
  probe.onload = () => {
    document.documentElement.style.setProperty("--ratio", `${probe.width} / ${probe.height}`);
  };
  probe.src = DATA.images[run.target ?? run.frames[0][1]];
}

/** Do something with each new value of a field. */
function onInput(id, act) {
  $(id).addEventListener("input", (event) => act(event.target.value));
}

function onClick(id, act) {
  $(id).addEventListener("click", act);
}

/** Do something when one of some menus or boxes is changed. */
function onChange(ids, act) {
  for (const id of ids) $(id).addEventListener("change", act);
}

/** Draw all that depends on which runs are selected. */
function drawAll() {
  drawTable();
  drawChoices();
  drawGallery();
  drawCurves();
}

function select(chosen) {
  state.chosen = chosen;
  drawAll();
}

function listen() {
  onInput("filter", (text) => {
    state.filter = text;
    drawTable();
  });
  onClick("select-shown", () => select(shownRuns().map((run) => run.index)));
  onClick("select-none", () => select([]));
  onChange(["metric", "log-steps", "log-values"], drawCurves);
  onInput("step", (place) => {
    play(false);
    state.step = Number(place);
    moveStep();
    moveMarkers();
  });
  onClick("play", () => play(!state.timer));
  onInput("zoom", (factor) => zoomAt(Number(factor), 0.5, 0.5));
  onChange(["a", "b"], () => {
    drawChoices();
    drawPair();
  });
  onChange(["a-step", "b-step", "mode"], drawPair);
  onInput("swipe", (share) => swipeTo(Number(share)));
  onInput("gain", (gain) => {
    $("pair").style.setProperty("--gain", gain);
    $("gain-now").textContent = gain;
    drawPair();
  });
  addEventListener("choose", drawAll);
  watchViews($("gallery"));
  watchViews($("pair"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCurves);
}

function start() {
  document.title = `${DATA.title} – sweep report`;
  $("title").textContent = DATA.title;
  $("counts").textContent = counted();
  const first = RUNS.find((run) => run.frames.length);
  state.chosen = [...DATA.chosen];
  if (first && !state.chosen.length) state.chosen = [first.index];
  fill(
    $("metric"),
    metrics().map((name) => [name, label(name)]),
  );
  state.step = Math.max(0, steps().length - 1);
  if (first) takeShape(first);
  listen();
  drawAgain();
  drawAll();
}

start();
