/** Two images over each other: swiped, or subtracted. */

import { isNumber, picks } from "./data.js";
import { $, fill, make } from "./element.js";
import { NOTHING, picture, sources } from "./source.js";
import { stepNow } from "./step.js";

/** Cut the pair at some hundredths of its width. */
export function swipeTo(share) {
  $("swipe").value = String(Math.round(Math.min(100, Math.max(0, share))));
  $("pair").style.setProperty("--cut", `${$("swipe").value}%`);
}

/** Return the steps at which a run can be shown, as pairs of value and text. */
function stepsOf(run) {
  const best = run.psnr.best_step;
  return [
    ["slider", "the slider's step"],
    ...(isNumber(best) ? [[String(best), `its best, ${best}`]] : []),
    ...picks(run).map(([name, rule]) => [String(rule.step), `${name}, ${rule.step}`]),
    ...run.frames.map(([step]) => [String(step), `step ${step}`]),
  ];
}

/** Fill the menus of what is compared, and at which step. */
export function drawChoices() {
  const every = sources();
  const options = every.map((source) => [source.key, source.title]);
  const target = every.find((source) => source.kind === "target") ?? every[0];
  const run = every.find((source) => source.kind === "run") ?? every.at(-1);
  fill($("a"), options, target?.key);
  fill($("b"), options, run?.key);
  for (const side of ["a", "b"]) {
    const chosen = every.find((source) => source.key === $(side).value)?.run;
    fill($(`${side}-step`), chosen ? stepsOf(chosen) : [["slider", "–"]], "slider");
    $(`${side}-step`).disabled = !chosen;
  }
}

/** Return what is chosen for a side of the pair; nothing where no run is selected. */
function chosenFor(side) {
  const source = sources().find((each) => each.key === $(side).value);
  if (!source) return null;
  const wanted = $(`${side}-step`).value;
  const step = wanted === "slider" ? stepNow() : Number(wanted);
  return { title: source.title, shown: source.at(step) };
}

function titled(part) {
  return [part.title, part.shown.caption].filter(Boolean).join(", ");
}

export function drawPair() {
  const left = chosenFor("a");
  const right = chosenFor("b");
  const isDifference = $("mode").value === "difference";
  $("swipe-label").hidden = isDifference;
  $("gain-label").hidden = !isDifference;
  if (!left || !right) {
    $("pair").replaceChildren();
    $("pair-note").textContent = NOTHING;
    return;
  }
  const over = make("div", { class: "over" }, picture(right.title, right.shown));
  const kind = isDifference ? "difference" : "swipe";
  const view = make("div", { class: `view ${kind}` }, picture(left.title, left.shown), over);
  const old = $("pair").firstChild;
  // A view that is being dragged stays in the page; only its images change.
  if (old?.className === view.className) old.replaceChildren(...view.children);
  else $("pair").replaceChildren(view);
  $("pair-note").textContent = isDifference
    ? `|${titled(left)} − ${titled(right)}|, ${$("gain").value} times as bright, of the compressed pictures.`
    : `Left: ${titled(left)}. Right: ${titled(right)}.`;
}
