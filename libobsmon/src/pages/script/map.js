// MAP: exposures from left to right, detectors from top to bottom, in each cell the gravest verdict of its files, and
// how many of them have it.

function cellsOf(night) {
  const width = night.exposures.length, height = night.detectors.length;
  const cells = {width, height, verdict: new Int8Array(width * height).fill(-1), files: new Uint16Array(width * height),
    grave: new Uint16Array(width * height)};
  const {names} = night;
  for (let row = 0; row < night.rows; ++row) {
    const exposure = names.exposures[names.groupOf[row]], detector = names.tailDetector[names.tailOf[row]];
    if (exposure < 0 || detector < 0) continue;
    const at = detector * width + exposure;
    ++cells.files[at];
    const verdict = night.verdictOf[row];
    if (cells.verdict[at] < 0 || night.gravity[verdict] > night.gravity[cells.verdict[at]]) {
      cells.verdict[at] = verdict;
      cells.grave[at] = 0;
    }
    if (cells.verdict[at] === verdict) ++cells.grave[at];
  }
  return cells;
}

// The pages' own colours, from the style.
function coloursOf(night, place) {
  const probe = make("span");
  place.append(probe);
  const colours = night.verdicts.map(({name}) => {
    probe.className = "badge v-" + name;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return colours;
}

function buildMap(night) {
  const place = document.getElementById("map");
  const cells = cellsOf(night);
  if (!place || cells.width === 0 || cells.height === 0) return;
  // Rafts side by side, and in each its sensors, as their names sort.
  const order = night.detectors.map((_, i) => i).sort((a, b) => night.detectors[a] < night.detectors[b] ? -1 : 1);
  const lineOf = [];
  order.forEach((detector, line) => { lineOf[detector] = line; });

  const canvas = make("canvas", {tabIndex: 0, role: "application", "aria-label": "Map of verdicts by exposure and detector. Arrow keys move, Enter shows the files.", "aria-describedby": "map-says"});
  const cursor = make("div", {className: "cursor", hidden: true});
  const labels = make("div", {className: "rafts", "aria-hidden": "true"});
  const says = make("p", {id: "map-says", role: "status", className: "says"});
  const legend = make("p", {className: "legend"});
  const seen = new Set(cells.verdict);
  night.verdicts.forEach(({name, label}, i) => {
    if (seen.has(i)) legend.append(make("span", {className: "badge v-" + name, textContent: label}), " ");
  });
  const frame = make("div", {className: "frame"}, canvas, cursor);
  const plane = buildFocalPlane(night, cells);
  const section = make("section", {"aria-labelledby": "map-title"},
    make("h2", {id: "map-title", textContent: "By exposure and detector"}),
    make("div", {className: plane ? "maps with-plane" : "maps"},
      make("div", {className: "map"},
        make("div", {className: "map-body"}, labels, frame),
        make("p", {className: "ends", "aria-hidden": "true"}, make("span", {textContent: shown(night.exposures[0])}), make("span", {textContent: shown(night.exposures[cells.width - 1])})),
        legend, says),
      plane ? plane.element : ""));
  place.replaceWith(section);

  const idle = `${grouped(cells.width)} exposures, ${grouped(cells.height)} detectors. Point at a cell, or use the arrow keys; a click shows its files.`;
  says.textContent = idle;
  let at = {exposure: 0, line: 0};
  let cellHeight = 1;

  const left = (exposure) => Math.floor(exposure * frame.clientWidth / cells.width);
  function size() {
    cellHeight = Math.max(2, Math.min(16, Math.floor(420 / cells.height)));
    return {width: frame.clientWidth, height: cellHeight * cells.height};
  }

  function draw() {
    const {width, height} = size();
    const scale = devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.floor(width * scale));
    canvas.height = Math.floor(height * scale);
    canvas.style.height = height + "px";
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const colours = coloursOf(night, section);
    const gap = cellHeight >= 6 && width / cells.width >= 5 ? 1 : 0;
    // The gravest last, and never too small to be seen.
    const ranks = [...new Set(night.gravity)].sort((a, b) => a - b);
    for (const rank of ranks) {
      for (let detector = 0; detector < cells.height; ++detector) {
        for (let exposure = 0; exposure < cells.width;) {
          const verdict = cells.verdict[detector * cells.width + exposure];
          let end = exposure + 1;
          if (verdict < 0 || night.gravity[verdict] !== rank) {
            exposure = end;
            continue;
          }
          while (!gap && end < cells.width && cells.verdict[detector * cells.width + end] === verdict) ++end;
          const grave = night.verdicts[verdict].concern !== 0;
          const least = grave ? 3 : 1;
          const x = left(exposure), y = lineOf[detector] * cellHeight;
          pen.globalAlpha = grave ? 1 : night.verdicts[verdict].name === "ingested" ? 0.42 : 0.25;
          pen.fillStyle = colours[verdict];
          pen.fillRect(x, y, Math.max(least, left(end) - x - gap), Math.max(least, cellHeight - (cellHeight > 3 ? 1 : 0)));
          exposure = end;
        }
      }
    }
    drawLabels();
    mark();
  }

  // Each raft at its first sensor, as far as there is room.
  function drawLabels() {
    labels.replaceChildren();
    labels.style.height = cellHeight * cells.height + "px";
    let free = 0, raft = null;
    order.forEach((detector, line) => {
      const name = night.detectors[detector].split("_")[0];
      if (name === raft || line * cellHeight < free) return;
      raft = name;
      const label = make("span", {textContent: shown(name)});
      label.style.top = line * cellHeight + "px";
      labels.append(label);
      free = line * cellHeight + 14;
    });
  }

  function mark() {
    const width = Math.max(3, left(at.exposure + 1) - left(at.exposure));
    cursor.style.transform = `translate(${left(at.exposure)}px, ${at.line * cellHeight}px)`;
    cursor.style.width = width + "px";
    cursor.style.height = Math.max(3, cellHeight) + "px";
  }

  function tell() {
    const detector = order[at.line];
    const cell = detector * cells.width + at.exposure;
    const verdict = cells.verdict[cell];
    const files = cells.files[cell], grave = cells.grave[cell];
    says.textContent = `${shown(night.exposures[at.exposure])}, ${shown(night.detectors[detector])}: ` +
      (verdict < 0 ? "no file" : `${night.verdicts[verdict].label}, ${grave < files ? `${grave} of ` : ""}${files} ${files === 1 ? "file" : "files"}`);
    cursor.hidden = false;
    mark();
    plane?.show(at.exposure);
  }

  // Where cells are narrower than a pixel, the gravest under the pointer.
  function pointed(event) {
    const box = canvas.getBoundingClientRect();
    const x = Math.max(0, Math.min(event.clientX - box.left, box.width - 1));
    const line = Math.max(0, Math.min(cells.height - 1, Math.floor((event.clientY - box.top) / cellHeight)));
    const first = Math.min(cells.width - 1, Math.floor(x * cells.width / box.width));
    const end = Math.min(cells.width, Math.max(first + 1, Math.ceil((x + 1) * cells.width / box.width)));
    const gravity = (exposure) => {
      const verdict = cells.verdict[order[line] * cells.width + exposure];
      return verdict < 0 ? -1 : night.gravity[verdict];
    };
    let exposure = first;
    for (let next = first + 1; next < end; ++next) if (gravity(next) > gravity(exposure)) exposure = next;
    return {exposure, line};
  }

  function filter(alone) {
    setView({exposure: night.exposures[at.exposure], detector: alone ? "" : night.detectors[order[at.line]], verdict: "", search: ""});
    document.getElementById("files").scrollIntoView({behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth"});
  }

  canvas.addEventListener("pointermove", (event) => { at = pointed(event); tell(); });
  canvas.addEventListener("pointerleave", () => {
    if (document.activeElement === canvas) return;
    cursor.hidden = true;
    says.textContent = idle;
    plane?.show(null);
  });
  canvas.addEventListener("click", (event) => { at = pointed(event); tell(); filter(event.shiftKey); });
  canvas.addEventListener("focus", tell);
  canvas.addEventListener("blur", () => { cursor.hidden = true; plane?.show(null); });
  canvas.addEventListener("keydown", (event) => {
    const step = event.ctrlKey ? 10 : 1;
    const move = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step], Home: [-cells.width, 0], End: [cells.width, 0]}[event.key];
    if (move) {
      event.preventDefault();
      at = {exposure: Math.max(0, Math.min(cells.width - 1, at.exposure + move[0])), line: Math.max(0, Math.min(cells.height - 1, at.line + move[1]))};
      tell();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      filter(event.shiftKey);
      document.querySelector(".list").focus({preventScroll: true});  // what a pointer needs no help to reach
    }
  });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", () => { draw(); plane?.show(null); });
  addEventListener("resize", draw);
  draw();
}
