/** The table of runs: sorted by a click on a header, filtered by words, with a tick for each run. */

import { colour, DATA, fixed, isNumber, RUNS, state, unique } from "./data.js";
import { $, make } from "./element.js";
import { spoken, TARGET } from "./target.js";

const HOW_TO_READ = "PSNR in dB against the clean image; a header sorts, a tick shows the run below.";

// What a run is called by: the words that were swept, or its name.
const WORD_COLUMNS = DATA.words.map((word) => ({ label: word, text: true, value: (run) => run.values[word] }));
const NAME_COLUMNS = WORD_COLUMNS.length ? WORD_COLUMNS : [{ label: "run", text: true, value: (run) => run.name }];

const RULE_COLUMNS = unique(RUNS.flatMap((run) => Object.keys(run.rules))).flatMap((rule) => [
  {
    label: rule,
    hint: `PSNR at the step that ${rule} chose, dB`,
    value: (run) => run.rules[rule]?.psnr,
    digits: 2,
  },
  { label: `${rule} gap`, hint: "dB below the best", value: (run) => run.rules[rule]?.gap_db, digits: 2 },
]);

const BASELINE_COLUMNS = unique(RUNS.flatMap((run) => Object.keys(run.baselines))).map((word) => ({
  label: word,
  hint: `PSNR of the baseline ${word} on the same target, dB`,
  value: (run) => run.baselines[word]?.psnr,
  digits: 2,
}));

const EVERY_COLUMN = [
  ...NAME_COLUMNS,
  { label: "status", text: true, value: (run) => run.status },
  {
    label: TARGET.toLowerCase(),
    hint: `PSNR of the ${spoken(TARGET)}, dB`,
    value: (run) => run.psnr.target,
    digits: 2,
  },
  { label: "last", hint: "PSNR of the last step, dB", value: (run) => run.psnr.last, digits: 2 },
  { label: "average", hint: "PSNR of the average, dB", value: (run) => run.psnr.average, digits: 2 },
  ...RULE_COLUMNS,
  { label: "best", hint: "PSNR of the best step, by the clean image, dB", value: (run) => run.psnr.best, digits: 2 },
  { label: "at step", hint: "the best step", value: (run) => run.psnr.best_step, digits: 0 },
  ...BASELINE_COLUMNS,
  { label: "drop", hint: "overfitting: best minus last, dB", value: (run) => run.drop, digits: 2 },
  { label: "SSIM", hint: "of the last step", value: (run) => run.ssim.last, digits: 3 },
  { label: "seconds", value: (run) => run.seconds, digits: 0 },
];

// A column of numbers that no run has is left out.
const COLUMNS = EVERY_COLUMN.filter((column) => column.text || RUNS.some((run) => isNumber(column.value(run))));

/** Compare two runs by the column that sorts: numbers by size, texts by the alphabet, what is missing last. */
function order(first, second) {
  const one = state.sort.value(first);
  const other = state.sort.value(second);
  const isMissing = (value) => value == null || value === "";
  if (isMissing(one) || isMissing(other)) return isMissing(one) - isMissing(other);
  let sign = Number(one) - Number(other);
  if (Number.isNaN(sign)) sign = String(one).localeCompare(String(other));
  return state.down ? -sign : sign;
}

/** Return all that the filter looks at in a run. */
function textOf(run) {
  const pairs = Object.entries(run.values).map(([word, value]) => `${word}=${value} ${value}`);
  return [run.name, run.status, run.halted, run.error, ...pairs].join(" ").toLowerCase();
}

export function shownRuns() {
  const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = RUNS.filter((run) => words.every((word) => textOf(run).includes(word)));
  return state.sort ? [...shown].sort(order) : shown;
}

function statusCell(run) {
  const isHalted = run.status === "stopped" && run.halted;
  const chip = make("span", { class: `chip ${run.status}` }, isHalted ? `${run.status} by ${run.halted}` : run.status);
  if (!run.error) return make("td", { class: "text" }, chip);
  return make("td", { class: "text error" }, chip, make("span", { class: "bad" }, ` ${run.error}`));
}

function cell(run, column) {
  if (column.label === "status") return statusCell(run);
  const value = column.value(run);
  if (column.text) return make("td", { class: "text" }, value || "–");
  return make("td", {}, fixed(value, column.digits));
}

function header(column) {
  let sorted = "none";
  if (state.sort === column) sorted = state.down ? "descending" : "ascending";
  const button = make("button", { type: "button", title: column.hint, onclick: () => sortBy(column) }, column.label);
  return make("th", { class: column.text && "text", scope: "col", "aria-sort": sorted }, button);
}

function row(run) {
  const isOn = state.chosen.includes(run.index);
  const label = `show ${run.name}`;
  const box = make("input", { type: "checkbox", checked: isOn, "aria-label": label, onchange: () => choose(run) });
  const dot = make("span", { class: "dot" });
  if (isOn) dot.style.background = colour(run);
  const pick = make("td", { class: "pick" }, make("label", {}, box, dot));
  return make("tr", { "data-run": run.index }, pick, ...COLUMNS.map((column) => cell(run, column)));
}

export function drawTable() {
  const corner = make("th", { scope: "col", "aria-label": "selected" });
  $("table").tHead.replaceChildren(make("tr", {}, corner, ...COLUMNS.map(header)));
  const shown = shownRuns();
  $("table").tBodies[0].replaceChildren(...shown.map(row));
  const counts = `${shown.length} of ${RUNS.length} runs, ${state.chosen.length} selected.`;
  $("table-note").textContent = `${counts} ${HOW_TO_READ}`;
}

function sortBy(column) {
  state.down = state.sort === column ? !state.down : !column.text;
  state.sort = column;
  drawTable();
  $("table").tHead.querySelectorAll("button")[COLUMNS.indexOf(column)].focus();
}

function choose(run) {
  const place = state.chosen.indexOf(run.index);
  if (place < 0) state.chosen.push(run.index);
  else state.chosen.splice(place, 1);
  dispatchEvent(new Event("choose")); // Whoever listens has drawn all when this returns.
  $("table").querySelector(`tr[data-run="${run.index}"] input`)?.focus();
}
