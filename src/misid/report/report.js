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
  } catch {
    place.dataset.state = "failed";
    place.textContent = place.dataset.failed;
  }
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
