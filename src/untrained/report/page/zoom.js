/** The zoom, one for all images: by the wheel, a double click, the slider, or by dragging. */

import { state } from "./data.js";
import { $ } from "./element.js";
import { swipeTo } from "./pair.js";

const LARGEST = 12;

function limited(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

/** Zoom by a factor, with the left and the top of an image at some share of its view. */
function zoomTo(factor, left, top) {
  state.k = limited(factor, 1, LARGEST);
  state.x = limited(left, 1 - state.k, 0);
  state.y = limited(top, 1 - state.k, 0);
  const root = document.documentElement.style;
  root.setProperty("--k", String(state.k));
  // In shares of the image, so that images of any size move alike.
  root.setProperty("--x", `${100 * state.x}%`);
  root.setProperty("--y", `${100 * state.y}%`);
  document.body.classList.toggle("zoomed", state.k > 1);
  $("zoom").value = String(state.k);
  $("zoom-now").textContent = `${state.k.toFixed(state.k % 1 ? 1 : 0)}×`;
}

/** Zoom by a factor; the point of the view at some shares of its width and height stays where it is. */
export function zoomAt(factor, across, down) {
  const next = limited(factor, 1, LARGEST);
  const x = (across - state.x) / state.k;
  const y = (down - state.y) / state.k;
  zoomTo(next, across - x * next, down - y * next);
}

/** Return where in a view an event is, in shares of its width and height. */
function within(view, event) {
  const box = view.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function onWheel(event) {
  const view = event.target.closest(".view");
  if (!view || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  zoomAt(state.k * Math.exp(-event.deltaY / 250), ...within(view, event));
}

function onDoubleClick(event) {
  const view = event.target.closest(".view");
  if (view) zoomAt(state.k > 1 ? 1 : 4, ...within(view, event));
}

/** Let the images of a part of the page be zoomed, moved and, in the pair, swiped. */
export function watchViews(room) {
  room.addEventListener("wheel", onWheel, { passive: false });
  room.addEventListener("dblclick", onDoubleClick);
  let last = null; // the view that is being dragged, and where
  room.addEventListener("pointerdown", (event) => {
    const view = event.target.closest(".view");
    if (view && (state.k > 1 || room.id === "pair")) last = { view, at: within(view, event) };
    if (last && state.k === 1) swipeTo(last.at[0] * 100);
  });
  addEventListener("pointermove", (event) => {
    if (!last) return;
    const [across, down] = within(last.view, event);
    if (state.k > 1) zoomTo(state.k, state.x + across - last.at[0], state.y + down - last.at[1]);
    else swipeTo(across * 100);
    last.at = [across, down];
  });
  for (const end of ["pointerup", "pointercancel"]) {
    addEventListener(end, () => {
      last = null;
    });
  }
}
