// Looks at a report from inside: the head of the page gets this script, its end calls `probe`.
"use strict";
const faults = [];
addEventListener("error", event => faults.push(event.message));
addEventListener("unhandledrejection", event => faults.push(String(event.reason)));
document.addEventListener("securitypolicyviolation", event => faults.push(event.blockedURI));
console.error = (...words) => faults.push(words.join(" "));
const drawn = () => new Promise(done => setTimeout(done));
const all = selector => [...document.querySelectorAll(selector)];
const texts = selector => all(selector).map(found => found.textContent);
function ink(chart) {
  const canvas = chart.root.querySelector("canvas");
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let at = 0; at < pixels.length; at += 4) {
    if (pixels[at + 3]) colours.add(pixels.slice(at, at + 4).join());
  }
  return colours.size;
}
function opacity(chart, second, y) {
  const context = chart.root.querySelector("canvas").getContext("2d");
  const x = Math.round(chart.valToPos(second, "x", true));
  return context.getImageData(x, Math.round(chart.bbox.top + y), 1, 1).data[3];
}
function mouse(kind, chart, share) { gesture(MouseEvent, kind, chart, share); }
function finger(kind, chart, share) { gesture(PointerEvent, kind, chart, share); }
function gesture(Kind, name, chart, share) {
  const box = chart.over.getBoundingClientRect();
  chart.over.dispatchEvent(new Kind(name, {
    bubbles: true, movementX: 1, clientX: box.left + box.width * share, isPrimary: true,
    clientY: box.top + box.height / 2, pointerType: "touch",
  }));
}
const range = () => [shown.from, shown.until].map(Math.round);
const scales = () => charts.map(chart => [chart.scales.x.min, chart.scales.x.max].map(Math.round));
async function probe(look) {
  let found = null;
  try {
    await drawn();
    found = await look();
  } catch (error) { faults.push(String(error)); }
  const facts = document.createElement("pre");
  facts.id = "facts";
  facts.textContent = JSON.stringify({found, faults});
  document.body.append(facts);
}
