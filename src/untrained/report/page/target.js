/** What the targets are called: the noisy image, the masked one, ... */

import { RUNS } from "./data.js";

const UNSEEN = "Target"; // what it is called where it is no picture, or where the runs differ

export function viewOf(run) {
  return run.view ?? UNSEEN;
}

/** Return a name as it stands within a sentence. */
export function spoken(name) {
  return name === UNSEEN ? "target" : `${name.toLowerCase()} image`;
}

const targetNames = new Set(RUNS.map(viewOf));

/** What the targets of all runs are called: by their one name, if it is one. */
export const TARGET = targetNames.size === 1 ? [...targetNames][0] : UNSEEN;
