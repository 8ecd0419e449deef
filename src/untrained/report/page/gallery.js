/** The images of the selected runs side by side, at the step of the slider. */

import { moveMarkers } from "./curve.js";
import { colour, DATA, state } from "./data.js";
import { $, make } from "./element.js";
import { drawPair } from "./pair.js";
import { described, NOTHING, picture, sources } from "./source.js";
import { stepNow, steps } from "./step.js";

const HOW_TO_ZOOM =
  "Of each run the latest image kept by that step. " +
  "Double click or Ctrl and wheel zooms every image alike, dragging moves them.";
const FRAME = 220; // milliseconds of a step that is played

function figureOf(source) {
  const view = make("div", { class: "view" });
  if (source.owner) view.style.setProperty("--mark", colour(source.owner));
  const words = make("figcaption", {}, make("b", {}, source.title), make("span", {}));
  return make("figure", { "data-key": source.key }, view, words);
}

export function drawGallery() {
  const last = Math.max(0, steps().length - 1);
  state.step = Math.min(state.step, last);
  Object.assign($("step"), { max: String(last), value: String(state.step), disabled: last < 1 });
  $("play").disabled = last < 1;
  $("gallery").replaceChildren(...sources().map(figureOf));
  $("gallery-note").textContent = state.chosen.length ? HOW_TO_ZOOM : NOTHING;
  moveStep();
}

/** Show the image of a source in its figure. An element that is there already stays, so that nothing flickers. */
function showIn(figure, source, shown) {
  const image = figure.querySelector("img");
  if (image && shown.image != null) {
    const src = DATA.images[shown.image];
    if (image.getAttribute("src") !== src) image.src = src;
    image.alt = described(source.title, shown);
  } else {
    figure.firstChild.replaceChildren(picture(source.title, shown));
  }
  figure.querySelector("span").textContent = shown.image == null ? "" : shown.caption;
}

/** Show every image at the step of the slider. */
export function moveStep() {
  const step = stepNow();
  $("step-now").textContent = String(step);
  $("step").setAttribute("aria-valuetext", `step ${step}`);
  const every = sources();
  for (const figure of $("gallery").children) {
    const source = every.find((each) => each.key === figure.dataset.key);
    showIn(figure, source, source.at(step));
  }
  drawPair();
}

/** Play the steps to the last one, or pause. */
export function play(on) {
  clearInterval(state.timer);
  state.timer = 0;
  $("play").textContent = on ? "Pause" : "Play";
  $("play").setAttribute("aria-pressed", String(on));
  if (!on) return;
  const last = steps().length - 1;
  if (state.step >= last) state.step = -1;
  state.timer = setInterval(() => {
    state.step = Math.min(state.step + 1, last);
    $("step").value = String(state.step);
    moveStep();
    moveMarkers();
    if (state.step >= last) play(false);
  }, FRAME);
}
