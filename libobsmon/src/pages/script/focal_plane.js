// FOCAL PLANE: a camera whose detectors are named by raft and sensor, as it stands in LSST's data visualisation
// coordinates: of R<row><column> and S<row><column> rows go up and columns go right (obs_lsst, policy/cameraHeader.yaml:
// S01 lies right of S00, S10 above it). A corner raft has two guiders and two halves of a wavefront sensor.

const sensorName = /^R(\d)(\d)_S([GW]?)(\d)(\d?)$/;

// Within a raft of 3 x 3, the square of a corner raft's sensor. The wavefront sensor lies towards the centre.
function cornerPlace(row, column, kind, number) {
  const up = row < 2 ? 1 : 0, right = column < 2 ? 1 : 0;  // towards the centre
  const inner = {x: right ? 2 : 0, y: up ? 2 : 0};
  if (kind === "W") return {x: inner.x, y: inner.y + (number === 0 ? 0 : 0.5), height: 0.5};
  return number === 0 ? {x: inner.x, y: up ? 1 : 1, height: 1} : {x: 1, y: inner.y, height: 1};
}

function buildFocalPlane(night, cells) {
  const parts = night.detectors.map((name) => sensorName.exec(name));
  if (!parts.some(Boolean)) return null;
  const rafts = new Set(night.detectors.filter((_, i) => parts[i]).map((name) => name.slice(0, 3)));
  const svgName = "http://www.w3.org/2000/svg";
  const draw = (tag, attributes) => {
    const element = document.createElementNS(svgName, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const used = [...rafts].map((raft) => [Number(raft[1]), Number(raft[2])]);
  const low = [0, 1].map((i) => Math.min(...used.map((raft) => raft[i]))), high = [0, 1].map((i) => Math.max(...used.map((raft) => raft[i])));
  const unit = 10, raftSize = 3 * unit + 3;
  const width = (high[1] - low[1] + 1) * raftSize, height = (high[0] - low[0] + 1) * raftSize;
  const svg = draw("svg", {viewBox: `-1 -1 ${width + 1} ${height + 1}`, role: "group", "aria-label": "Focal plane; arrow keys move, Enter shows a detector's files"});
  const sensors = [];
  parts.forEach((part, detector) => {
    if (!part) return;
    const [row, column, kind, first, second] = [Number(part[1]), Number(part[2]), part[3], Number(part[4]), Number(part[5] || 0)];
    const spot = kind ? cornerPlace(row, column, kind, first) : {x: second, y: first, height: 1};
    const x = (column - low[1]) * raftSize + spot.x * unit;
    const y = height - 3 - (row - low[0]) * raftSize - (spot.y + spot.height) * unit;
    const shape = draw("rect", {x, y, width: unit - 0.6, height: spot.height * unit - 0.6, rx: 1, role: "button", tabindex: -1});
    const title = draw("title", {});
    shape.append(title);
    svg.append(shape);
    const sensor = {detector, shape, title, x, y};
    shape.addEventListener("click", () => pick(sensor));
    shape.addEventListener("focus", () => { for (const other of sensors) other.shape.setAttribute("tabindex", other === sensor ? 0 : -1); });
    sensors.push(sensor);
  });
  sensors[0].shape.setAttribute("tabindex", 0);
  for (const [row, column] of used.length > 1 ? used : []) {
    const label = draw("text", {x: (column - low[1]) * raftSize + 1.5 * unit, y: height - 3 - (row - low[0]) * raftSize - 1.5 * unit, class: "raft"});
    label.textContent = `R${row}${column}`;
    label.setAttribute("aria-hidden", "true");
    svg.append(label);
  }

  function pick({detector}) {
    setView({detector: view.detector === night.detectors[detector] ? "" : night.detectors[detector], verdict: "", search: ""});
    document.getElementById("files").scrollIntoView({behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth"});
  }
  svg.addEventListener("keydown", (event) => {
    const here = sensors.find(({shape}) => shape === document.activeElement);
    const move = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (!here) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      pick(here);
    }
    if (!move) return;
    event.preventDefault();
    // The nearest that lies in this direction.
    let best = null, least = Infinity;
    for (const sensor of sensors) {
      const along = (sensor.x - here.x) * move[0] + (sensor.y - here.y) * move[1];
      const aside = Math.abs((sensor.x - here.x) * move[1]) + Math.abs((sensor.y - here.y) * move[0]);
      if (along > 0 && along + 3 * aside < least) [best, least] = [sensor, along + 3 * aside];
    }
    best?.shape.focus();
  });

  // The gravest verdict of each detector, in one exposure or, with null, in those of the view.
  function show(exposure) {
    const chosen = exposure ?? (view.exposure ? night.exposures.indexOf(view.exposure) : -1);
    const [first, end] = chosen < 0 ? [0, cells.width] : [chosen, chosen + 1];
    for (const sensor of sensors) {
      sensor.verdict = -1;
      sensor.grave = 0;
      for (let at = sensor.detector * cells.width + first; at < sensor.detector * cells.width + end; ++at) {
        const verdict = cells.verdict[at];
        if (verdict < 0) continue;
        if (night.verdicts[verdict].concern === 2) ++sensor.grave;
        if (sensor.verdict < 0 || night.gravity[verdict] > night.gravity[sensor.verdict]) sensor.verdict = verdict;
      }
    }
    const most = Math.max(...sensors.map(({grave}) => grave));
    for (const {detector, shape, title, verdict, grave} of sensors) {
      // Of many exposures one in trouble is a tinge; the detector with the most of them has the full colour.
      shape.style.fillOpacity = chosen < 0 && grave ? String(0.25 + 0.75 * grave / most) : "";
      shape.setAttribute("class", "sensor " + (verdict < 0 ? "none" : "v-" + night.verdicts[verdict].name) + (view.detector === night.detectors[detector] ? " chosen" : ""));
      const words = `${night.detectors[detector]}: ${verdict < 0 ? "no file" : night.verdicts[verdict].label}${chosen < 0 && grave ? `, ${grouped(grave)} of ${grouped(cells.width)} exposures need attention` : ""}`;
      title.textContent = words;
      shape.setAttribute("aria-label", words);
    }
    caption.textContent = chosen < 0 ? "Focal plane: all exposures; the deeper the red, the more of them need attention" : `Focal plane: ${shown(night.exposures[chosen])}`;
  }
  const caption = make("figcaption");
  followers.push(() => show(null));
  return {element: make("figure", {className: "plane"}, svg, caption), show};
}
