// Moves the first screen between the cells of its grid.  Nothing is computed here: every number was, and is looked up.
const data = document.getElementById("first-screen-data");
if (data) start(JSON.parse(data.textContent));

function start(grid) {
  const by = (id) => document.getElementById(`fs-${id}`);
  const selects = ["stop", "record", "phi"].map(by);
  const [choose, handle, line, plane] = [selects[2], by("handle"), by("line"), by("plane")];
  const scales = [...document.querySelectorAll(".fs-scale")];
  const rows = [...document.querySelectorAll(".fs-evidence > li")];
  let now = [...grid.start];

  function write(id, text) {
    const place = by(id);
    if (place && place.textContent !== text) place.textContent = text;
  }

  function span(element, ends) {
    element.hidden = !ends;
    if (!ends) return;
    element.style.left = `${ends[0]}%`;
    element.style.width = `${(ends[1] - ends[0]).toFixed(2)}%`;
  }

  function dots(counts, hollow, pitch, rowsOfDots) {
    const place = (i) =>
      `M${((Math.floor(i / rowsOfDots) + 0.5) * pitch).toFixed(2)} ${(((i % rowsOfDots) + 0.5) * pitch).toFixed(2)}h0`;
    const range = (from, n) => Array.from({ length: n }, (_, i) => place(from + i)).join("");
    let from = 0;
    [...grid.kinds, "supported"].forEach((kind, i) => {
      paint(kind, range(from, counts[i]), pitch);
      from += counts[i];
    });
    const unsupported = from - counts.at(-1);
    const outlined = Array.from({ length: hollow }, (_, i) => place(Math.floor((i * unsupported) / hollow)));
    paint("hollow", outlined.join(""), pitch);
  }

  function paint(kind, path, pitch) {
    by(`dot-${kind}`).setAttribute("d", path);
    by(`dot-${kind}`).setAttribute("stroke-width", (pitch * grid.thick[kind]).toFixed(2));
  }

  function axis(evidence, weighs) {
    plane.style.setProperty("--at", `${grid.places[now[2]]}%`);
    handle.setAttribute("aria-valuenow", now[2]);
    handle.setAttribute("aria-valuetext", grid.spoken[now[2]]);
    weighs.forEach(([at, alt], i) => {
      scales[i].style.setProperty("--edge", `${at}%`);
      scales[i].setAttribute("aria-label", alt);
    });
    evidence.forEach(([at, counts, assumed, side, off, alt], i) => {
      const [label, bars] = rows[i].children;
      label.dataset.side = side;
      label.style.margin = side === "left" ? `0 0 0 ${off}%` : `0 ${off}% 0 0`;
      bars.setAttribute("aria-label", alt);
      span(bars.querySelector(".fs-assumed"), assumed);
      span(bars.querySelector(".fs-counts"), counts);
      bars.querySelector(".fs-at").style.left = `${at}%`;
    });
  }

  function show() {
    const [evidence, weighs, cells] = grid.stops[now[0]];
    const [texts, counts, hollow, pitch, rowsOfDots, part, lead] = cells[now[1]][now[2]];
    grid.names.forEach((name, i) => write(name, grid.words[texts[i]]));
    by("part").setAttribute("width", part);
    by("lead").setAttribute("points", lead);
    dots(counts, hollow, pitch, rowsOfDots);
    selects.forEach((select, i) => { if (select) select.value = now[i]; });
    if (choose) axis(evidence, weighs[now[1]]);
  }

  function go(where, to) {
    now = now.with(where, to);
    show();
  }

  selects.forEach((select, i) => {
    if (!select) return;
    select.disabled = false;
    select.addEventListener("change", () => go(i, Number(select.value)));
  });
  if (!choose) return;

  // The handle on the axis is a second way to the same choice.
  const last = choose.options.length - 1;
  const jumps = { Home: () => 0, End: () => last, PageUp: (i) => i + 3, PageDown: (i) => i - 3 };
  for (const key of ["ArrowRight", "ArrowUp"]) jumps[key] = (i) => i + 1;
  for (const key of ["ArrowLeft", "ArrowDown"]) jumps[key] = (i) => i - 1;
  handle.removeAttribute("aria-hidden");
  handle.tabIndex = 0;
  for (const [name, value] of Object.entries({
    role: "slider", "aria-labelledby": "fs-title", "aria-valuemin": 0, "aria-valuemax": last,
  })) handle.setAttribute(name, value);
  handle.addEventListener("keydown", (event) => {
    if (!(event.key in jumps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(2, Math.min(Math.max(jumps[event.key](now[2]), 0), last));
  });

  function nearest(event) {
    const box = line.getBoundingClientRect();
    const at = (100 * (event.clientX - box.left)) / box.width;
    const away = grid.places.map((place) => Math.abs(place - at));
    return away.indexOf(Math.min(...away));
  }
  line.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.focus();
    line.setPointerCapture(event.pointerId);
    go(2, nearest(event));
  });
  line.addEventListener("pointermove", (event) => {
    if (!line.hasPointerCapture(event.pointerId)) return;
    const to = nearest(event);
    if (to !== now[2]) go(2, to);
  });
  show();
}
