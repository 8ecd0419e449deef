/** The steps of which the selected runs have kept an image, and the one that is shown. */

import { chosenRuns, state, unique } from "./data.js";

/** Return the steps of which any selected run has kept an image. */
export function steps() {
  const kept = chosenRuns().flatMap((run) => run.frames.map(([step]) => step));
  return unique(kept).sort((one, other) => one - other);
}

/** Return the step of the slider. */
export function stepNow() {
  return steps()[state.step] ?? 0;
}

/** Return the latest image that a run had by a step, as a pair of step and image. */
export function nearest(run, step) {
  return run.frames.filter(([kept]) => kept <= step).at(-1) ?? run.frames[0];
}
