/** What the page was written with, and what a person has chosen in it. */

export const DATA = JSON.parse(document.getElementById("data").textContent);
export const RUNS = DATA.runs.map((run, index) => ({ ...run, index }));

const COLOURS = ["#d55e00", "#0072b2", "#009e73", "#c0608f", "#cc8a00", "#3d9fd9", "#6f4aa8", "#8a6d3b"];

/**
 * What a person has chosen; every drawing is a function of it.
 *
 * `chosen` holds the indices of runs, `step` the place of the slider. `k`, `x` and `y` are the zoom of all images: its
 * factor, and where the left and the top of an image are, in shares of a view.
 */
export const state = { chosen: [], sort: null, down: false, filter: "", step: 0, k: 1, x: 0, y: 0, timer: 0 };

export function colour(run) {
  return COLOURS[state.chosen.indexOf(run.index) % COLOURS.length];
}

export function chosenRuns() {
  return state.chosen.map((index) => RUNS[index]);
}

export function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/** Return a number with some digits, without the sign of what rounds to zero; a dash for what is no number. */
export function fixed(value, digits) {
  if (!isNumber(value)) return "–";
  return value.toFixed(digits).replace(/^-(?=[0.]+$)/, "");
}

/** Return the values of an array, each once, in the order in which they come. */
export function unique(values) {
  return [...new Set(values)];
}

/** Whether any value of a column of a run's curve is known. */
export function hasColumn(run, column) {
  return Boolean(run.curve[column]?.some(isNumber));
}

/** Return the value of a column at the last point of the curve up to a step; null where there is none. */
export function valueAt(run, column, step) {
  const steps = run.curve.step;
  let index = 0;
  while (index + 1 < steps.length && steps[index + 1] <= step) index += 1;
  return run.curve[column]?.[index] ?? null;
}

/** Return the rules of a run that picked a step, as pairs of name and rule. */
export function picks(run) {
  return Object.entries(run.rules).filter(([, rule]) => isNumber(rule.step));
}
