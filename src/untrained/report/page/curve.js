/** The curves of the selected runs over the steps, by Plotly. */

import { chosenRuns, colour, hasColumn, picks, RUNS, unique, valueAt } from "./data.js";
import { $, css } from "./element.js";
import { nearest, stepNow } from "./step.js";
import { spoken, TARGET } from "./target.js";

const NAMES = { psnr: "PSNR, dB", mse: "mean squared error", ssim: "SSIM", loss: "loss" };
const VARIANTS = {
  last: "against the clean image",
  average: "of the average, against the clean image",
  against_target: `against the ${spoken(TARGET)}`,
};
const FIRST = ["psnr/last", "psnr/average", "psnr/against_target", "mse/last", "ssim/last", "loss"];
const DECADES = [1, 10, 100, 1000, 10000, 100000];
// A log axis has no place for step 0; it is drawn half a decade before 1.
const ZERO = 0.4;

/** Return what a column is called. */
export function label(column) {
  const [metric, variant] = column.split("/");
  if (metric === "stopping") return `statistic of the rule ${variant}`;
  const name = NAMES[metric] ?? metric;
  return variant ? `${name} ${VARIANTS[variant] ?? variant}` : name;
}

/** Return the columns that are known of any run, the usual ones first. */
export function metrics() {
  const found = unique(RUNS.flatMap((run) => Object.keys(run.curve)));
  const known = found.filter((name) => name !== "step" && RUNS.some((run) => hasColumn(run, name)));
  const usual = FIRST.filter((name) => known.includes(name));
  return [...usual, ...known.filter((name) => !FIRST.includes(name))];
}

function place(step) {
  return $("log-steps").checked && step < ZERO ? ZERO : step;
}

function line(run, column) {
  return {
    x: run.curve.step.map(place),
    y: run.curve[column],
    customdata: run.curve.step,
    name: run.name,
    type: "scatter",
    mode: "lines",
    line: { color: colour(run), width: 2 },
    hovertemplate: "%{y:.5g} at step %{customdata}<extra>%{fullData.name}</extra>",
  };
}

/** Return a mark on the curve of a run, at a step. */
function mark(run, column, step, marker) {
  return {
    x: [place(step)],
    y: [valueAt(run, column, step)],
    type: "scatter",
    mode: "markers",
    showlegend: false,
    marker: { color: colour(run), ...marker },
  };
}

/** Return the triangle at the step that a rule picked. */
function stop(run, column, name, step) {
  return {
    ...mark(run, column, step, { size: 10, symbol: "triangle-down" }),
    hovertemplate: `${name} stops at step ${step}<extra>%{fullData.name}</extra>`,
    name: run.name,
  };
}

/** Return the dot at the step of the slider. */
function dot(run, column) {
  const step = nearest(run, stepNow())?.[0] ?? stepNow();
  const edge = { color: css("--page"), width: 2 };
  return { ...mark(run, column, step, { size: 12, line: edge }), hoverinfo: "skip" };
}

function traces() {
  const column = $("metric").value;
  const runs = chosenRuns().filter((run) => hasColumn(run, column));
  const lines = runs.map((run) => line(run, column));
  const stops = runs.flatMap((run) => picks(run).map(([name, rule]) => stop(run, column, name, rule.step)));
  const dots = runs.map((run) => dot(run, column));
  return { lines, stops, dots };
}

function layout(hasLegend) {
  const isLog = $("log-steps").checked;
  const isLogOfValues = $("log-values").checked;
  const grid = { gridcolor: css("--rule"), zeroline: false, linecolor: css("--rule") };
  const steps = { ...grid, title: { text: "optimisation step", font: { size: 13 } }, type: isLog ? "log" : "linear" };
  if (isLog) Object.assign(steps, { tickvals: [ZERO, ...DECADES], ticktext: ["0", ...DECADES.map(String)] });
  return {
    margin: { l: 56, r: 12, t: 8, b: 44 },
    paper_bgcolor: css("--page"),
    plot_bgcolor: css("--page"),
    font: { color: css("--soft"), family: css("--font"), size: 13 },
    hovermode: "closest",
    dragmode: "zoom",
    // Another axis or column begins with another zoom.
    uirevision: `${isLog}${isLogOfValues}${$("metric").value}`,
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    showlegend: hasLegend,
    xaxis: steps,
    yaxis: { ...grid, type: isLogOfValues ? "log" : "linear", automargin: true },
  };
}

export function drawCurves() {
  const column = $("metric").value;
  const { lines, stops, dots } = traces();
  const settings = { displaylogo: false, responsive: true, displayModeBar: false };
  Plotly.react("plot", [...lines, ...stops, ...dots], layout(lines.length > 0), settings);
  const names = lines.map((each) => each.name).join(", ") || "no run";
  $("plot").setAttribute("aria-label", `${label(column)} of ${names}`);
  const triangles = stops.length ? ", triangles are where a rule stops" : "";
  let note = `Drag to zoom, double click to return; the dots follow the step below${triangles}.`;
  const without = chosenRuns().filter((run) => !hasColumn(run, column));
  if (without.length) note += ` Not known of: ${without.map((run) => run.name).join(", ")}.`;
  $("plot-note").textContent = note;
}

/** Move the dots to the step of the slider; the lines stay. */
export function moveMarkers() {
  const { lines, stops, dots } = traces();
  if (!dots.length) return;
  const first = lines.length + stops.length;
  const places = dots.map((_, index) => first + index);
  Plotly.restyle("plot", { x: dots.map((each) => each.x), y: dots.map((each) => each.y) }, places);
}
