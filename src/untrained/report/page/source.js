/** All that can be shown as an image: the clean images, the targets, the baselines, the runs and their results. */

import { chosenRuns, DATA, isNumber, valueAt } from "./data.js";
import { make } from "./element.js";
import { nearest } from "./step.js";
import { spoken, viewOf } from "./target.js";

/** What stands in the place of images where there are none. */
export const NOTHING = "No run is selected: tick one in the table.";

/** Return the figures of an image as one reads them; empty where none is known. */
function quality(psnr, ssim) {
  const figures = [];
  if (isNumber(psnr)) figures.push(`${psnr.toFixed(2)} dB`);
  if (isNumber(ssim)) figures.push(`SSIM ${ssim.toFixed(3)}`);
  return figures.join(" · ");
}

/** Return the image that a run had by a step, with its caption. */
function shownAt(run, wanted) {
  const frame = nearest(run, wanted);
  if (!frame) return { image: null, caption: run.error || run.notes.join("; ") || run.status };
  const [step, image] = frame;
  const isMeasured = isNumber(valueAt(run, "psnr/last", step));
  const variant = isMeasured ? "last" : "against_target";
  const figures = quality(valueAt(run, `psnr/${variant}`, step), valueAt(run, `ssim/${variant}`, step));
  let caption = `step ${step}`;
  if (figures) caption += ` · ${figures}`;
  if (figures && !isMeasured) caption += ` against the ${spoken(viewOf(run))}`;
  return { image, step, caption };
}

/** A run, whose image is another one at each step. */
function sourceOfRun(run) {
  return {
    kind: "run",
    key: `run${run.index}`,
    title: run.name,
    run,
    owner: run,
    at: (step) => shownAt(run, step),
  };
}

/** An image that is the same at each step; `owner` is the run whose colour it has, if any. */
function still(kind, title, image, caption, owner) {
  return { kind, image, key: `${kind}${image}`, title, owner, at: () => ({ image, caption }) };
}

/** Return the result of a run and the network's own image, where the two differ. */
function results(run) {
  if (!run.composite) return [];
  const { result, network, what, step, psnr, ssim } = run.composite;
  return [
    still("result", `${run.name}, ${what}`, result, quality(psnr, ssim), run),
    still("network", `${run.name}, the network's own image`, network, `step ${step}`, run),
  ];
}

function stillsOf(runs) {
  const baselines = runs.flatMap((run) => Object.values(run.baselines));
  return [
    ...runs.map((run) => still("clean", "Clean", run.clean, "")),
    ...runs.map((run) => still("target", viewOf(run), run.target, quality(run.psnr.target, run.ssim.target))),
    ...baselines.map((each) => still("baseline", each.name, each.image, quality(each.psnr, each.ssim))),
  ];
}

/** Give the targets of one name a number each, where there are several. */
function number(found) {
  const targets = found.filter((source) => source.kind === "target");
  for (const title of new Set(targets.map((source) => source.title))) {
    const alike = targets.filter((source) => source.title === title);
    if (alike.length < 2) continue;
    for (const [index, source] of alike.entries()) source.title = `${title} ${index + 1}`;
  }
}

/** Return everything that can be shown of the selected runs, each image once. */
export function sources() {
  const runs = chosenRuns();
  const every = [...stillsOf(runs), ...runs.flatMap((run) => [sourceOfRun(run), ...results(run)])];
  const found = [];
  for (const source of every) {
    const isMissing = source.kind !== "run" && source.image == null;
    if (!isMissing && !found.some((known) => known.key === source.key)) found.push(source);
  }
  number(found);
  return found;
}

/** Return what a reader who does not see an image is told. */
export function described(title, shown) {
  return `${title}, ${shown.caption || "the original"}`;
}

export function picture(title, shown) {
  if (shown.image == null) return make("div", { class: "missing" }, `no image: ${shown.caption}`);
  const src = DATA.images[shown.image];
  return make("img", { src, alt: described(title, shown), draggable: "false", decoding: "sync" });
}
