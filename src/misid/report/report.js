// Draws the charts.  Everything else on the page is there without this script.
const places = [...document.querySelectorAll(".chart")];

async function draw(place) {
  if (place.dataset.state) return;
  place.dataset.state = "drawing";
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  try {
    await misidVega.vegaEmbed(place, spec, {
      mode: "vega-lite",
      ast: true, // the page's policy allows no code made at run time
      actions: false,
      renderer: "svg",
      defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    });
    // The figure around it has role, name and description; a hundred nameless marks would only be in the way.
    place.querySelector("svg").setAttribute("aria-hidden", "true");
    place.style.minHeight = "";
    place.dataset.state = "drawn";
    const button = document.querySelector(`button[data-of="${place.closest("figure").id}"]`);
    if (button) {
      button.hidden = false;
      button.addEventListener("click", () => save(place));
    }
  } catch {
    place.dataset.state = "failed";
    place.textContent = place.dataset.failed;
  }
}

// The picture as a file: the drawing as it is, with its title above it, on white.
function save(place) {
  const figure = place.closest("figure");
  const drawn = place.querySelector("svg");
  const { width, height } = drawn.viewBox.baseVal;
  const words = figure.querySelector("figcaption").textContent.split(" ");
  const lines = [""];
  for (const word of words) {
    if ((lines.at(-1) + word).length > width / 7) lines.push("");
    lines[lines.length - 1] += `${word} `;
  }
  const above = 18 * lines.length + 8;
  const make = (name, attributes, text = "") => {
    const made = document.createElementNS(drawn.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  };
  const whole = make("svg", { width: width + 16, height: height + above, viewBox: `-8 ${-above} ${width + 16} ${height + above}` });
  whole.append(make("rect", { x: -8, y: -above, width: width + 16, height: height + above, fill: "white" }));
  const font = { "font-family": "sans-serif", "font-size": 13, "font-weight": 600 };
  lines.forEach((line, i) => whole.append(make("text", { x: 0, y: 18 * (i + 1) - above, ...font }, line.trim())));
  whole.append(...[...drawn.childNodes].map((part) => part.cloneNode(true)));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(whole)], { type: "image/svg+xml" }));
  link.download = `${figure.id}.svg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const near = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      draw(entry.target);
    }
  },
  { rootMargin: "400px" },
);
places.forEach((place) => near.observe(place));

// Printing does not wait for a drawing, so the rest is drawn while nothing else happens.
const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 200));
function drawNext() {
  const next = places.find((place) => !place.dataset.state);
  if (next) draw(next).then(() => later(drawNext));
}
window.addEventListener("load", () => later(drawNext));

window.addEventListener("beforeprint", () => places.forEach(draw));
