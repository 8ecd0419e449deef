/** How to run it again: the commands, the machines, and what is missing. */

import { DATA, RUNS, unique } from "./data.js";
import { $, make } from "./element.js";

const SHOWN = 20; // commands
const WHOLE = ["finished", "stopped"];

/** Copy a text, or select it where the browser does not let a page copy. */
function copy(text, button) {
  const select = () => getSelection().selectAllChildren(button.previousSibling);
  const say = () => {
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 1200);
  };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(say, select);
  else select();
}

function commandLine(command) {
  const button = make("button", { type: "button", onclick: (event) => copy(command, event.target) }, "Copy");
  return make("div", { class: "command" }, make("pre", {}, command), button);
}

/** Return a list of names with their values under a title; nothing where it is empty. */
function list(title, pairs) {
  if (!pairs.length) return [];
  const lines = pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
  return [make("h3", {}, title), make("dl", {}, ...lines)];
}

/** Return each name in a part of the runs, with all of its values. */
function shared(part) {
  const known = RUNS.flatMap((run) => Object.entries(run[part])).filter(([, value]) => value != null);
  return unique(known.map(([name]) => name)).map((name) => {
    const values = known.filter(([key]) => key === name).map(([, value]) => String(value));
    return [name, unique(values).join(", ")];
  });
}

/** Return the runs of which something is missing, with what it is. */
function missing() {
  const flawed = RUNS.filter((run) => !WHOLE.includes(run.status) || run.notes.length);
  return flawed.map((run) => [run.name, [run.status, run.error, ...run.notes].filter(Boolean).join("; ")]);
}

/** Return the table of the words of the configs that differ and were not swept. */
function differing() {
  if (!DATA.differing.length) return [];
  const title = (text) => make("th", { class: "text", scope: "col" }, text);
  const cell = (text) => make("td", { class: "text" }, text);
  const names = RUNS.map((run) => title(make("span", { class: "pad" }, run.name)));
  const head = make("thead", {}, make("tr", {}, title("word"), ...names));
  const rows = DATA.differing.map(({ word, values }) =>
    make("tr", {}, cell(word), ...values.map((value) => cell(value || "–"))),
  );
  const table = make("table", {}, head, make("tbody", {}, ...rows));
  const count = `Configs that differ: ${DATA.differing.length} words besides those that were swept`;
  const scroll = make("div", { class: "scroll", tabindex: "0" }, table);
  return [make("details", {}, make("summary", {}, count), scroll)];
}

export function drawAgain() {
  $("commands").replaceChildren(...DATA.commands.slice(0, SHOWN).map(commandLine));
  $("details").replaceChildren(
    ...list("Machine", shared("machine")),
    ...list("Versions", shared("versions")),
    ...list("What is missing", missing()),
    ...differing(),
  );
}
