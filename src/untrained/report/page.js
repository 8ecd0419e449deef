"use strict";
const DATA = JSON.parse(document.getElementById("data").textContent);
const COLOURS = ["#d55e00", "#0072b2", "#009e73", "#c0608f", "#cc8a00", "#3d9fd9", "#6f4aa8", "#8a6d3b"];
const RUNS = DATA.runs.map((run, index) => ({ ...run, index }));
const $ = (id) => document.getElementById(id);

// What a person has chosen; every drawing is a function of it.
const state = { chosen: [], sort: null, down: false, filter: "", step: 0, k: 1, x: 0, y: 0, timer: 0 };

/** Make an element: attributes, then children; text stays text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
// Without the sign of what rounds to zero.
const fixed = (value, digits) => (isNumber(value) ? value.toFixed(digits).replace(/^-(?=[0.]+$)/, "") : "–");
const colour = (run) => COLOURS[state.chosen.indexOf(run.index) % COLOURS.length];
const chosenRuns = () => state.chosen.map((index) => RUNS[index]);

// ---- the target: the noisy image, the masked one, ... ----
const UNSEEN = "Target";  // what it is called where it is no picture, or where the runs differ
const viewOf = (run) => run.view ?? UNSEEN;

/** What the targets of some runs are called: by their one name, if it is one. */
function targetOf(runs) {
  const names = new Set(runs.map(viewOf));
  return names.size === 1 ? [...names][0] : UNSEEN;
}

const spoken = (name) => (name === UNSEEN ? "target" : `${name.toLowerCase()} image`);
const TARGET = targetOf(RUNS);

// ---- the table of runs ----
const rules = [...new Set(RUNS.flatMap((run) => Object.keys(run.rules)))];
const baselines = [...new Set(RUNS.flatMap((run) => Object.keys(run.baselines)))];
const COLUMNS = [
  ...(DATA.words.length ? DATA.words : ["run"]).map((word) => ({
    label: word, text: true, value: (run) => (word === "run" ? run.name : run.values[word]),
  })),
  { label: "status", text: true, value: (run) => run.status },
  { label: TARGET.toLowerCase(), hint: `PSNR of the ${spoken(TARGET)}, dB`, value: (run) => run.psnr.target, digits: 2 },
  { label: "last", hint: "PSNR of the last step, dB", value: (run) => run.psnr.last, digits: 2 },
  { label: "average", hint: "PSNR of the average, dB", value: (run) => run.psnr.average, digits: 2 },
  ...rules.flatMap((rule) => [
    { label: rule, hint: `PSNR at the step that ${rule} chose, dB`, value: (run) => run.rules[rule]?.psnr, digits: 2 },
    { label: `${rule} gap`, hint: "dB below the best", value: (run) => run.rules[rule]?.gap_db, digits: 2 },
  ]),
  { label: "best", hint: "PSNR of the best step, by the clean image, dB", value: (run) => run.psnr.best, digits: 2 },
  { label: "at step", hint: "the best step", value: (run) => run.psnr.best_step, digits: 0 },
  ...baselines.map((word) => (
    { label: word, hint: `PSNR of the baseline ${word} on the same target, dB`, value: (run) => run.baselines[word]?.psnr, digits: 2 }
  )),
  { label: "drop", hint: "overfitting: best minus last, dB", value: (run) => run.drop, digits: 2 },
  { label: "SSIM", hint: "of the last step", value: (run) => run.ssim.last, digits: 3 },
  { label: "seconds", value: (run) => run.seconds, digits: 0 },
].filter((column) => column.text || RUNS.some((run) => isNumber(column.value(run))));

function order(a, b) {
  const [one, other] = [state.sort.value(a), state.sort.value(b)];
  const missing = (value) => value == null || value === "";
  if (missing(one) || missing(other)) return missing(one) - missing(other);
  const [x, y] = [Number(one), Number(other)];
  const sign = Number.isNaN(x) || Number.isNaN(y) ? String(one).localeCompare(String(other)) : x - y;
  return state.down ? -sign : sign;
}

function shownRuns() {
  const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (run) => {
    const pairs = Object.entries(run.values).map(([word, value]) => `${word}=${value} ${value}`);
    return [run.name, run.status, run.halted, run.error, ...pairs].join(" ").toLowerCase();
  };
  const shown = RUNS.filter((run) => words.every((word) => text(run).includes(word)));
  return state.sort ? [...shown].sort(order) : shown;
}

function cell(run, column) {
  const value = column.value(run);
  if (column.label === "status") {
    const chip = make("span", { class: `chip ${run.status}` }, run.status === "stopped" && run.halted ? `${run.status} by ${run.halted}` : run.status);
    return make("td", { class: run.error ? "text error" : "text" }, chip, run.error && make("span", { class: "bad" }, ` ${run.error}`));
  }
  if (column.text) return make("td", { class: "text" }, value || "–");
  return make("td", {}, fixed(value, column.digits));
}

function drawTable() {
  const heads = COLUMNS.map((column) => make(
    "th",
    { class: column.text && "text", scope: "col", "aria-sort": state.sort === column ? (state.down ? "descending" : "ascending") : "none" },
    make("button", { type: "button", title: column.hint, onclick: () => sortBy(column) }, column.label),
  ));
  $("table").tHead.replaceChildren(make("tr", {}, make("th", { scope: "col", "aria-label": "selected" }), ...heads));
  const shown = shownRuns();
  $("table").tBodies[0].replaceChildren(...shown.map((run) => {
    const on = state.chosen.includes(run.index);
    const box = make("input", { type: "checkbox", checked: on, "aria-label": `show ${run.name}`, onchange: () => choose(run) });
    const dot = make("span", { class: "dot" });
    if (on) dot.style.background = colour(run);
    return make("tr", { "data-run": run.index }, make("td", { class: "pick" }, make("label", {}, box, dot)), ...COLUMNS.map((column) => cell(run, column)));
  }));
  $("table-note").textContent = `${shown.length} of ${RUNS.length} runs, ${state.chosen.length} selected. `
    + "PSNR in dB against the clean image; a header sorts, a tick shows the run below.";
}

function sortBy(column) {
  state.down = state.sort === column ? !state.down : !column.text;
  state.sort = column;
  const focused = COLUMNS.indexOf(column);
  drawTable();
  $("table").tHead.querySelectorAll("button")[focused].focus();
}

function choose(run) {
  const at = state.chosen.indexOf(run.index);
  if (at < 0) state.chosen.push(run.index);
  else state.chosen.splice(at, 1);
  drawAll();
  $("table").querySelector(`tr[data-run="${run.index}"] input`)?.focus();
}

// ---- the curves ----
const NAMES = { psnr: "PSNR, dB", mse: "mean squared error", ssim: "SSIM", loss: "loss" };
const VARIANTS = { last: "against the clean image", average: "of the average, against the clean image", against_target: `against the ${spoken(TARGET)}` };

function label(column) {
  const [metric, variant] = column.split("/");
  if (metric === "stopping") return `statistic of the rule ${variant}`;
  return `${NAMES[metric] ?? metric}${variant ? ` ${VARIANTS[variant] ?? variant}` : ""}`;
}

function metrics() {
  const found = [...new Set(RUNS.flatMap((run) => Object.keys(run.curve)))].filter((name) => name !== "step");
  const known = found.filter((name) => RUNS.some((run) => run.curve[name]?.some(isNumber)));
  const first = ["psnr/last", "psnr/average", "psnr/against_target", "mse/last", "ssim/last", "loss"];
  return [...first.filter((name) => known.includes(name)), ...known.filter((name) => !first.includes(name))];
}

// A log axis has no place for step 0; it is drawn half a decade before 1.
const place = (step) => ($("log-steps").checked && step < 0.4 ? 0.4 : step);
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function traces() {
  const column = $("metric").value;
  const all = chosenRuns().filter((run) => run.curve[column]?.some(isNumber));
  const lines = all.map((run) => ({
    x: run.curve.step.map(place), y: run.curve[column], customdata: run.curve.step, name: run.name, type: "scatter", mode: "lines",
    line: { color: colour(run), width: 2 }, hovertemplate: "%{y:.5g} at step %{customdata}<extra>%{fullData.name}</extra>",
  }));
  const at = (run, step) => valueAt(run, column, step);
  const stops = all.flatMap((run) => Object.entries(run.rules).filter(([, rule]) => isNumber(rule.step)).map(([name, rule]) => ({
    x: [place(rule.step)], y: [at(run, rule.step)], type: "scatter", mode: "markers", showlegend: false,
    marker: { color: colour(run), size: 10, symbol: "triangle-down" }, hovertemplate: `${name} stops at step ${rule.step}<extra>${"%{fullData.name}"}</extra>`, name: run.name,
  })));
  const now = all.map((run) => {
    const step = nearest(run, stepNow())?.[0] ?? stepNow();
    return {
      x: [place(step)], y: [at(run, step)], type: "scatter", mode: "markers", showlegend: false, hoverinfo: "skip",
      marker: { color: colour(run), size: 12, line: { color: css("--page"), width: 2 } },
    };
  });
  return { lines, stops, now };
}

function valueAt(run, column, step) {
  const steps = run.curve.step;
  let index = 0;
  while (index + 1 < steps.length && steps[index + 1] <= step) index += 1;
  return run.curve[column]?.[index] ?? null;
}

function drawCurves() {
  const { lines, stops, now } = traces();
  const logarithmic = $("log-steps").checked;
  const decades = [1, 10, 100, 1000, 10000, 100000];
  const grid = { gridcolor: css("--rule"), zeroline: false, linecolor: css("--rule") };
  const layout = {
    margin: { l: 56, r: 12, t: 8, b: 44 }, paper_bgcolor: css("--page"), plot_bgcolor: css("--page"),
    font: { color: css("--soft"), family: css("--font"), size: 13 }, hovermode: "closest", dragmode: "zoom", uirevision: `${logarithmic}${$("log-values").checked}${$("metric").value}`,
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, showlegend: lines.length > 0,
    xaxis: { ...grid, title: { text: "optimisation step", font: { size: 13 } }, type: logarithmic ? "log" : "linear", ...(logarithmic ? { tickvals: [0.4, ...decades], ticktext: ["0", ...decades.map(String)] } : {}) },
    yaxis: { ...grid, type: $("log-values").checked ? "log" : "linear", automargin: true },
  };
  Plotly.react("plot", [...lines, ...stops, ...now], layout, { displaylogo: false, responsive: true, displayModeBar: false });
  const without = chosenRuns().filter((run) => !run.curve[$("metric").value]?.some(isNumber)).map((run) => run.name);
  $("plot").setAttribute("aria-label", `${label($("metric").value)} of ${lines.map((line) => line.name).join(", ") || "no run"}`);
  $("plot-note").textContent = `Drag to zoom, double click to return; the dots follow the step below${stops.length ? ", triangles are where a rule stops" : ""}.`
    + (without.length ? ` Not known of: ${without.join(", ")}.` : "");
}

function moveMarkers() {
  const { lines, stops, now } = traces();
  const first = lines.length + stops.length;
  if (now.length) Plotly.restyle("plot", { x: now.map((dot) => dot.x), y: now.map((dot) => dot.y) }, now.map((_, i) => first + i));
}

// ---- the images ----
const steps = () => [...new Set(chosenRuns().flatMap((run) => run.frames.map(([step]) => step)))].sort((a, b) => a - b);
const stepNow = () => steps()[state.step] ?? 0;

/** The latest image that a run had by a step. */
function nearest(run, step) {
  return run.frames.filter(([kept]) => kept <= step).at(-1) ?? run.frames[0];
}

const quality = (psnr, ssim) => [isNumber(psnr) && `${psnr.toFixed(2)} dB`, isNumber(ssim) && `SSIM ${ssim.toFixed(3)}`].filter(Boolean).join(" · ");

/** Everything that can be shown of the selected runs: the clean images, the targets, the runs, their results. */
function sources() {
  const found = [];
  const add = (kind, title, image, caption, owner) => {
    if (image != null && !found.some((source) => source.kind === kind && source.image === image)) {
      found.push({ kind, image, key: `${kind}${image}`, title, owner, at: () => ({ image, caption }) });
    }
  };
  const runs = chosenRuns();
  for (const run of runs) add("clean", "Clean", run.clean, "");
  for (const run of runs) add("target", viewOf(run), run.target, quality(run.psnr.target, run.ssim.target));
  for (const run of runs) {
    for (const each of Object.values(run.baselines)) add("baseline", each.name, each.image, quality(each.psnr, each.ssim));
  }
  for (const run of runs) {
    found.push({ kind: "run", key: `run${run.index}`, title: run.name, run, owner: run, at: (step) => {
      const frame = nearest(run, step);
      if (!frame) return { image: null, caption: run.error || run.notes.join("; ") || run.status };
      const metric = isNumber(valueAt(run, "psnr/last", frame[0])) ? "last" : "against_target";
      const seen = quality(valueAt(run, `psnr/${metric}`, frame[0]), valueAt(run, `ssim/${metric}`, frame[0]));
      return { image: frame[1], step: frame[0], caption: `step ${frame[0]}${seen && ` · ${seen}${metric === "last" ? "" : ` against the ${spoken(viewOf(run))}`}`}` };
    } });
    if (run.composite) {
      const { result, network, what, step, psnr, ssim } = run.composite;
      add("result", `${run.name}, ${what}`, result, quality(psnr, ssim), run);
      add("network", `${run.name}, the network's own image`, network, `step ${step}`, run);
    }
  }
  const targets = found.filter((source) => source.kind === "target");
  for (const title of new Set(targets.map((source) => source.title))) {
    const alike = targets.filter((source) => source.title === title);
    if (alike.length > 1) alike.forEach((source, index) => { source.title = `${title} ${index + 1}`; });
  }
  return found;
}

function picture(title, shown, attributes = {}) {
  if (shown.image == null) return make("div", { class: "missing" }, `no image: ${shown.caption}`);
  return make("img", { src: DATA.images[shown.image], alt: `${title}, ${shown.caption || "the original"}`, draggable: "false", decoding: "sync", ...attributes });
}

function drawGallery() {
  const all = steps();
  state.step = Math.min(state.step, Math.max(0, all.length - 1));
  Object.assign($("step"), { max: String(Math.max(0, all.length - 1)), value: String(state.step), disabled: all.length < 2 });
  $("play").disabled = all.length < 2;
  $("gallery").replaceChildren(...sources().map((source) => {
    const view = make("div", { class: "view" });
    if (source.owner) view.style.setProperty("--mark", colour(source.owner));
    return make("figure", { "data-key": source.key }, view, make("figcaption", {}, make("b", {}, source.title), make("span", {})));
  }));
  $("gallery-note").textContent = state.chosen.length
    ? "Of each run the latest image kept by that step. Double click or Ctrl and wheel zooms every image alike, dragging moves them."
    : "No run is selected: tick one in the table.";
  moveStep();
}

function moveStep() {
  const step = stepNow();
  $("step-now").textContent = String(step);
  $("step").setAttribute("aria-valuetext", `step ${step}`);
  const all = sources();
  for (const figure of $("gallery").children) {
    const source = all.find((each) => each.key === figure.dataset.key);
    const shown = source.at(step);
    const image = figure.querySelector("img");
    if (image && shown.image != null) {
      if (image.getAttribute("src") !== DATA.images[shown.image]) image.src = DATA.images[shown.image];
      image.alt = `${source.title}, ${shown.caption || "the original"}`;
    } else figure.firstChild.replaceChildren(picture(source.title, shown));
    figure.querySelector("span").textContent = shown.image == null ? "" : shown.caption;
  }
  drawPair();
}

function play(on) {
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
  }, 220);
}

// ---- the zoom, one for all images ----
function zoomTo(k, x, y) {
  state.k = Math.min(12, Math.max(1, k));
  const hold = (value) => Math.min(0, Math.max(1 - state.k, value));
  [state.x, state.y] = [hold(x), hold(y)];
  const root = document.documentElement.style;
  root.setProperty("--k", String(state.k));
  // In shares of the image, so that images of any size move alike.
  root.setProperty("--x", `${100 * state.x}%`);
  root.setProperty("--y", `${100 * state.y}%`);
  document.body.classList.toggle("zoomed", state.k > 1);
  $("zoom").value = String(state.k);
  $("zoom-now").textContent = `${state.k.toFixed(state.k % 1 ? 1 : 0)}×`;
}

function zoomAt(k, u, v) {
  // The point (u, v) of the view stays where it is.
  const [x, y] = [(u - state.x) / state.k, (v - state.y) / state.k];
  const next = Math.min(12, Math.max(1, k));
  zoomTo(next, u - x * next, v - y * next);
}

function within(view, event) {
  const box = view.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function watchViews(room) {
  room.addEventListener("wheel", (event) => {
    const view = event.target.closest(".view");
    if (!view || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    zoomAt(state.k * Math.exp(-event.deltaY / 250), ...within(view, event));
  }, { passive: false });
  room.addEventListener("dblclick", (event) => {
    const view = event.target.closest(".view");
    if (view) zoomAt(state.k > 1 ? 1 : 4, ...within(view, event));
  });
  let last = null;
  room.addEventListener("pointerdown", (event) => {
    const view = event.target.closest(".view");
    if (view && (state.k > 1 || room.id === "pair")) last = { view, at: within(view, event) };
    if (last && state.k === 1) swipeTo(last.at[0] * 100);
  });
  addEventListener("pointermove", (event) => {
    if (!last) return;
    const at = within(last.view, event);
    if (state.k > 1) zoomTo(state.k, state.x + at[0] - last.at[0], state.y + at[1] - last.at[1]);
    else swipeTo(at[0] * 100);
    last.at = at;
  });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { last = null; });
}

// ---- two images over each other ----
function swipeTo(share) {
  $("swipe").value = String(Math.round(Math.min(100, Math.max(0, share))));
  $("pair").style.setProperty("--cut", `${$("swipe").value}%`);
}

function fill(select, options, wanted) {
  const kept = options.some(([value]) => value === select.value) ? select.value : wanted;
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  if (kept != null) select.value = kept;
}

function drawChoices() {
  const all = sources();
  const options = all.map((source) => [source.key, source.title]);
  const runs = all.filter((source) => source.kind === "run");
  fill($("a"), options, (all.find((source) => source.kind === "target") ?? all[0])?.key);
  fill($("b"), options, (runs[0] ?? all.at(-1))?.key);
  for (const side of ["a", "b"]) {
    const run = all.find((source) => source.key === $(side).value)?.run;
    const marked = run ? [
      ["slider", "the slider's step"],
      ...(isNumber(run.psnr.best_step) ? [[String(run.psnr.best_step), `its best, ${run.psnr.best_step}`]] : []),
      ...Object.entries(run.rules).filter(([, rule]) => isNumber(rule.step)).map(([name, rule]) => [String(rule.step), `${name}, ${rule.step}`]),
      ...run.frames.map(([step]) => [String(step), `step ${step}`]),
    ] : [["slider", "–"]];
    fill($(`${side}-step`), marked, "slider");
    $(`${side}-step`).disabled = !run;
  }
}

function drawPair() {
  const all = sources();
  const side = (name) => {
    const source = all.find((each) => each.key === $(name).value);
    const wanted = $(`${name}-step`).value;
    return source && { title: source.title, shown: source.at(wanted === "slider" ? stepNow() : Number(wanted)) };
  };
  const [left, right] = [side("a"), side("b")];
  const difference = $("mode").value === "difference";
  $("swipe-label").hidden = difference;
  $("gain-label").hidden = !difference;
  if (!left || !right) {
    $("pair").replaceChildren();
    $("pair-note").textContent = "No run is selected: tick one in the table.";
    return;
  }
  const over = make("div", { class: "over" }, picture(right.title, right.shown));
  const view = make("div", { class: `view ${difference ? "difference" : "swipe"}` }, picture(left.title, left.shown), over);
  const old = $("pair").firstChild;
  // A view that is being dragged stays in the page; only its images change.
  if (old && old.className === view.className) old.replaceChildren(...view.children);
  else $("pair").replaceChildren(view);
  const words = (part) => [part.title, part.shown.caption].filter(Boolean).join(", ");
  $("pair-note").textContent = difference
    ? `|${words(left)} − ${words(right)}|, ${$("gain").value} times as bright, of the compressed pictures.`
    : `Left: ${words(left)}. Right: ${words(right)}.`;
}

// ---- how to run it again ----
function drawAgain() {
  $("commands").replaceChildren(...DATA.commands.slice(0, 20).map((command) => make("div", { class: "command" }, make("pre", {}, command),
    make("button", { type: "button", onclick: (event) => copy(command, event.target) }, "Copy"))));
  const parts = [];
  const list = (title, pairs) => {
    if (pairs.length) parts.push(make("h3", {}, title), make("dl", {}, ...pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])));
  };
  const shared = (tree) => {
    const all = RUNS.flatMap((run) => Object.entries(run[tree])).filter(([, value]) => value != null);
    return [...new Set(all.map(([name]) => name))].map((name) => [name, [...new Set(all.filter(([key]) => key === name).map(([, value]) => String(value)))].join(", ")]);
  };
  list("Machine", shared("machine"));
  list("Versions", shared("versions"));
  list("What is missing", RUNS.filter((run) => !["finished", "stopped"].includes(run.status) || run.notes.length).map((run) => [run.name, [run.status, run.error, ...run.notes].filter(Boolean).join("; ")]));
  if (DATA.differing.length) {
    const names = RUNS.map((run) => make("th", { class: "text", scope: "col" }, make("span", { class: "pad" }, run.name)));
    const rows = DATA.differing.map(({ word, values }) => make("tr", {}, make("td", { class: "text" }, word), ...values.map((value) => make("td", { class: "text" }, value || "–"))));
    parts.push(make("details", {}, make("summary", {}, `Configs that differ: ${DATA.differing.length} words besides those that were swept`),
      make("div", { class: "scroll", tabindex: "0" }, make("table", {}, make("thead", {}, make("tr", {}, make("th", { class: "text", scope: "col" }, "word"), ...names)), make("tbody", {}, ...rows)))));
  }
  $("details").replaceChildren(...parts);
}

function copy(text, button) {
  const done = () => { button.textContent = "Copied"; setTimeout(() => { button.textContent = "Copy"; }, 1200); };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => getSelection().selectAllChildren(button.previousSibling));
  else getSelection().selectAllChildren(button.previousSibling);
}

// ---- all together ----
function drawAll() {
  drawTable();
  drawChoices();
  drawGallery();
  drawCurves();
}

function start() {
  document.title = `${DATA.title} – sweep report`;
  $("title").textContent = DATA.title;
  const counts = ["finished", "stopped", "interrupted", "failed"].map((status) => [RUNS.filter((run) => run.status === status).length, status]).filter(([count]) => count);
  $("counts").textContent = `${RUNS.length} run${RUNS.length === 1 ? "" : "s"}: ${counts.map(([count, status]) => `${count} ${status}`).join(", ")}`
    + (DATA.words.length ? ` · swept: ${DATA.words.join(", ")}` : "");
  const first = RUNS.find((run) => run.frames.length);
  state.chosen = DATA.chosen.length ? [...DATA.chosen] : first ? [first.index] : [];
  fill($("metric"), metrics().map((name) => [name, label(name)]));
  state.step = Math.max(0, steps().length - 1);
  const probe = new Image();
  probe.onload = () => document.documentElement.style.setProperty("--ratio", `${probe.width} / ${probe.height}`);
  if (first) probe.src = DATA.images[first.target ?? first.frames[0][1]];

  $("filter").addEventListener("input", (event) => { state.filter = event.target.value; drawTable(); });
  $("select-shown").addEventListener("click", () => { state.chosen = shownRuns().map((run) => run.index); drawAll(); });
  $("select-none").addEventListener("click", () => { state.chosen = []; drawAll(); });
  for (const id of ["metric", "log-steps", "log-values"]) $(id).addEventListener("change", drawCurves);
  $("step").addEventListener("input", (event) => { play(false); state.step = Number(event.target.value); moveStep(); moveMarkers(); });
  $("play").addEventListener("click", () => play(!state.timer));
  $("zoom").addEventListener("input", (event) => zoomAt(Number(event.target.value), 0.5, 0.5));
  for (const id of ["a", "b"]) $(id).addEventListener("change", () => { drawChoices(); drawPair(); });
  for (const id of ["a-step", "b-step", "mode"]) $(id).addEventListener("change", drawPair);
  $("swipe").addEventListener("input", (event) => swipeTo(Number(event.target.value)));
  $("gain").addEventListener("input", (event) => { $("pair").style.setProperty("--gain", event.target.value); $("gain-now").textContent = event.target.value; drawPair(); });
  watchViews($("gallery"));
  watchViews($("pair"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCurves);
  drawAgain();
  drawAll();
}

start();
