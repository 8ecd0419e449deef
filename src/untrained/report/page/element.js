/** Elements of the page: found, made and filled. */

export function $(id) {
  return document.getElementById(id);
}

/** Make an element: attributes, then children; text stays text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** Fill a menu with pairs of value and text. What was chosen stays chosen where it is still there. */
export function fill(select, options, wanted) {
  const isThere = options.some(([value]) => value === select.value);
  const kept = isThere ? select.value : wanted;
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  if (kept != null) select.value = kept;
}

/** Return the value of a variable of the style sheet. */
export function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
