/** All that depends on which runs are selected. */

import { drawCurves } from "./curve.js";
import { drawGallery } from "./gallery.js";
import { drawChoices } from "./pair.js";
import { drawTable } from "./table.js";

export function drawAll() {
  drawTable();
  drawChoices();
  drawGallery();
  drawCurves();
}
