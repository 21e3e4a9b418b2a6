// FILES: all files of the night: searched, filtered and sorted; of the rows only those in view are elements.

// Which rows hold all words of the search. A name is a group's prefix and a tail, so a word lies in the one, in the
// other, or across: few comparisons for very many names.
function searchRows(night, search) {
  const {names, rows} = night;
  const found = new Uint8Array(rows).fill(1);
  if (!names.lower) names.lower = {prefixes: names.prefixes.map((p) => p.toLowerCase()), tails: names.tails.map((t) => t.toLowerCase())};
  const {prefixes, tails} = names.lower;
  for (const word of search.toLowerCase().split(/\s+/).filter(Boolean)) {
    const tailHolds = Uint8Array.from(tails, (tail) => tail.includes(word) ? 1 : 0);
    const across = [];  // by the length of what lies in the prefix: which tails begin with the rest
    for (let cut = 1; cut < word.length; ++cut) across[cut] = Uint8Array.from(tails, (tail) => tail.startsWith(word.slice(cut)) ? 1 : 0);
    const groups = prefixes.map((prefix) => {
      if (prefix.includes(word)) return 1;
      const cuts = across.filter((_, cut) => cut > 0 && prefix.endsWith(word.slice(0, cut)));
      return cuts.length ? cuts : 0;
    });
    for (let row = 0; row < rows; ++row) {
      const group = groups[names.groupOf[row]];
      if (group === 1) continue;
      const tail = names.tailOf[row];
      if (tailHolds[tail] || (group && group.some((holds) => holds[tail]))) continue;
      found[row] = 0;
    }
  }
  return found;
}

// The rows that the view asks for, in its order.
function chosenRows(night) {
  // No file is of a name that the night does not have, those of none (-1) neither.
  const placeOf = (all, name) => {
    const at = all.indexOf(name);
    return at < 0 ? NaN : at;
  };
  const exposure = view.exposure ? placeOf(night.exposures, view.exposure) : null;
  const detector = view.detector ? placeOf(night.detectors, view.detector) : null;
  const wanted = view.verdict ? night.verdicts.map(({name}) => view.verdict.split(",").includes(name)) : null;
  const found = view.search ? searchRows(night, view.search) : null;
  const chosen = new Uint32Array(night.rows);
  let count = 0;
  for (let row = 0; row < night.rows; ++row) {
    if (wanted && !wanted[night.verdictOf[row]]) continue;
    if (exposure !== null && night.exposureOf(row) !== exposure) continue;
    if (detector !== null && night.detectorOf(row) !== detector) continue;
    if (found && !found[row]) continue;
    chosen[count++] = row;
  }
  return sortRows(night, chosen.subarray(0, count));
}

const sortKeys = {
  size: (facts) => facts.size,
  created: (facts) => facts.created,
  ingested: (facts) => facts.ingested,
  latency: (facts) => facts.ingested - facts.created,
};

const sortedBy = () => view.sort.replace("-", "");
const lacksDataToSort = (night) => Boolean(sortKeys[sortedBy()]) && night.chunks.some(({data}) => !data);

function sortRows(night, rows) {
  const key = sortedBy();
  const down = view.sort.startsWith("-") ? -1 : 1;
  if (key === "name") {
    const order = nameOrder(night);
    return rows.sort((a, b) => down * (order[a] - order[b]));
  }
  if (key === "verdict") {
    return rows.sort((a, b) => down * (night.gravity[night.verdictOf[b]] - night.gravity[night.verdictOf[a]]) || a - b);
  }
  if (!sortKeys[key] || lacksDataToSort(night)) return rows;  // sorted when all of it is there
  const values = new Float64Array(night.rows);
  for (const row of rows) values[row] = sortKeys[key](night.facts(row));
  // What there is none of comes last, whichever way the rest goes.
  return rows.sort((a, b) => {
    const x = values[a], y = values[b];
    if (x !== x || y !== y) return (x !== x) - (y !== y) || a - b;
    return down * (x - y) || a - b;
  });
}

function nameOrder(night) {
  if (night.order) return night.order;
  const paths = Array.from({length: night.rows}, (_, row) => night.path(row));
  const sorted = Uint32Array.from(paths.keys()).sort((a, b) => paths[a] < paths[b] ? -1 : paths[a] > paths[b] ? 1 : a - b);
  night.order = new Uint32Array(night.rows);
  sorted.forEach((row, place) => { night.order[row] = place; });
  return night.order;
}

const csvColumns = "night,path,verdict,in_storage,size_bytes,created,arrived,ingest_path,ingested,delta_seconds,message,path_hex";

// A spreadsheet would run a text that begins so.
function csvCell(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvLine(night, row) {
  const facts = night.facts(row);
  const path = night.path(row);
  const time = (ms) => Number.isNaN(ms) ? "" : new Date(ms).toISOString();
  const number = (value) => Number.isNaN(value) ? "" : String(value);
  return [night.night, csvCell(written(path)), night.verdicts[night.verdictOf[row]].name, String(!night.elsewhere(row)),
    number(facts.size), time(facts.created), time(facts.arrived), csvCell(written(facts.dataset)), time(facts.ingested),
    number((facts.ingested - facts.created) / 1000), csvCell(written(facts.message)), hexOfBytes(path)].join(",");
}

function buildFiles(night) {
  const columns = [["name", "File"], ["size", "Size"], ["created", "Created"], ["ingested", "Ingested"],
    ["latency", "Took"], ["verdict", "Verdict"]];
  const place = document.getElementById("list");
  let rows = new Uint32Array(0);
  let active = 0;  // place in rows
  let shownRow = -1;

  // --- controls
  const search = make("input", {type: "search", id: "search", placeholder: "part of a name; several words", autocomplete: "off", spellcheck: false});
  const exposure = make("input", {id: "exposure", list: "exposures", placeholder: "any", autocomplete: "off", spellcheck: false});
  const detector = make("input", {id: "detector", list: "detectors", placeholder: "any", autocomplete: "off", spellcheck: false});
  const options = (id, texts) => make("datalist", {id}, ...texts.map((text) => make("option", {value: shown(text)})));
  const counts = new Array(night.verdicts.length).fill(0);
  for (const verdict of night.verdictOf) ++counts[verdict];
  const chips = night.verdicts.map(({name, label}, verdict) => counts[verdict] === 0 ? null : make("button", {
    type: "button", className: "chip v-" + name, "aria-pressed": "false",
    onclick: () => {
      const wanted = new Set(view.verdict.split(",").filter(Boolean));
      if (!wanted.delete(name)) wanted.add(name);
      setView({verdict: [...wanted].join(",")});
    },
  }, make("span", {className: "badge v-" + name, textContent: label}), " " + grouped(counts[verdict])));
  const says = make("p", {role: "status", className: "says"});
  const clear = make("button", {type: "button", textContent: "Show all", onclick: () => setView({exposure: "", detector: "", verdict: "", search: "", sort: ""})});
  const copy = make("button", {type: "button", textContent: "Copy names", onclick: () => copyText(Array.from(rows, (row) => written(night.path(row))).join("\n"), `${grouped(rows.length)} names copied.`)});
  const link = make("button", {type: "button", textContent: "Copy link", onclick: () => copyText(location.href, "The link to this view is copied.")});
  const csv = make("button", {type: "button", textContent: "CSV", onclick: saveCsv});
  const tell = (text) => { says.textContent = text; };

  async function copyText(text, done) {
    try {
      await navigator.clipboard.writeText(text);
      tell(done);
    } catch {
      tell(copySelected(text) ? done : "The browser did not allow to copy.");
    }
  }
  // The clipboard's own interface is there on https and localhost alone.
  function copySelected(text) {
    const before = document.activeElement;
    const area = make("textarea", {value: text, readOnly: true, className: "unseen"});
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    before?.focus();
    return copied;
  }
  async function saveCsv() {
    tell("Collecting…");
    if (!await haveAll()) return;
    // In pieces: one text of millions of rows is longer than a browser allows.
    const pieces = [csvColumns, "\n"];
    const rowsAtOnce = 10_000;
    for (let first = 0; first < rows.length; first += rowsAtOnce) {
      pieces.push(Array.from(rows.subarray(first, first + rowsAtOnce), (row) => csvLine(night, row)).join("\n"), "\n");
    }
    const address = URL.createObjectURL(new Blob(pieces, {type: "text/csv"}));
    make("a", {href: address, download: `${night.night}.csv`}).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    tell(`${grouped(rows.length)} rows written.`);
  }
  async function haveAll() {
    try {
      await night.loadAll();
      return true;
    } catch {
      gone();
      return false;
    }
  }
  function gone() {
    tell("The rest of this night can't be had: it has been written anew, or the network is away. Load the page again.");
  }

  // --- table
  const head = make("div", {role: "row", className: "file head", "aria-rowindex": "1"});
  const sorters = columns.map(([key, label]) => {
    const cell = make("div", {role: "columnheader", className: "f-" + key}, make("button", {
      type: "button", textContent: label,
      onclick: () => setView({sort: view.sort === key ? "-" + key : view.sort === "-" + key ? "" : key}),
    }));
    head.append(cell);
    return cell;
  });
  const body = make("div", {role: "rowgroup", className: "body"});
  const heads = make("div", {role: "rowgroup", className: "heads"}, head);
  const table = make("div", {role: "grid", className: "list", tabIndex: 0, "aria-label": "All files; arrow keys move, Enter copies a name"}, heads, body);
  const detail = make("dl", {className: "detail", "aria-label": "The file chosen"});
  const field = (label, control) => make("label", {className: "field"}, make("span", {textContent: label}), control);
  place.replaceChildren(
    make("div", {className: "controls"}, field("Search", search), field("Exposure", exposure), field("Detector", detector),
      options("exposures", night.exposures), options("detectors", night.detectors)),
    make("div", {className: "chips", role: "group", "aria-label": "Verdicts"}, ...chips.filter(Boolean)),
    make("div", {className: "actions"}, says, clear, copy, csv, link),
    table, detail);

  let rowHeight = 28;
  let stretch = 1;  // of all rows, so much goes by with each pixel that is scrolled
  const pool = [];
  const viewTop = () => Math.max(0, table.scrollTop) * stretch;  // what of all rows is at the top
  function draw() {
    const top = viewTop(), ahead = top - top / stretch;
    const first = Math.max(0, Math.floor(top / rowHeight) - 8);
    const end = Math.min(rows.length, Math.ceil((top + table.clientHeight) / rowHeight) + 8);
    while (pool.length < end - first) pool.push(newRow());
    pool.forEach((line, i) => fill(line, first + i, first + i < end, ahead));
    const missing = new Set();
    for (let at = first; at < end; ++at) {
      const chunk = night.chunkOf(rows[at]);
      if (!chunk.data) missing.add(chunk);
    }
    for (const chunk of missing) night.load(chunk).then(schedule, gone);
  }
  function newRow() {
    const cells = columns.map(([key]) => make("div", {role: "gridcell", className: "f-" + key}));
    const line = make("div", {role: "row", className: "file"}, ...cells);
    body.append(line);
    return {line, cells};
  }
  function fill({line, cells}, at, used, ahead) {
    line.hidden = !used;
    if (!used) return;
    const row = rows[at];
    const facts = night.facts(row);
    const path = night.path(row);
    const slash = path.lastIndexOf("/") + 1;
    const {name, label} = night.verdicts[night.verdictOf[row]];
    line.id = "row-" + row;
    line.setAttribute("aria-rowindex", String(at + 2));
    line.setAttribute("aria-selected", String(at === active));
    line.style.transform = `translateY(${Math.round(at * rowHeight - ahead)}px)`;
    const texts = [null, facts ? sizeText(facts.size) : "…", facts ? timeText(facts.created) : "…", facts ? timeText(facts.ingested) : "…",
      facts ? spanText(facts.ingested - facts.created) : "…"];
    if (!cells[0].firstChild) cells[0].append(make("span", {className: "folder"}), make("bdi"));
    cells[0].firstChild.textContent = shown(path.slice(0, slash));
    cells[0].lastChild.textContent = shown(path.slice(slash));
    for (let i = 1; i < texts.length; ++i) cells[i].textContent = texts[i];
    cells[5].className = "f-verdict badge v-" + name;
    cells[5].textContent = label;
    line.dataset.at = at;
  }
  let waiting = false;
  function schedule() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
      showDetail();
    });
  }

  function showDetail() {
    const row = shownRow;
    if (row < 0) return detail.replaceChildren();
    const facts = night.facts(row);
    if (!facts) return undefined;
    const entry = (label, text) => text && text !== "–" ? make("div", {}, make("dt", {textContent: label}), make("dd", {textContent: text})) : "";
    detail.replaceChildren(
      entry("File", shown(night.path(row)) + (night.elsewhere(row) && ` (${night.elsewhere(row)})`)),
      entry("Verdict", night.verdicts[night.verdictOf[row]].label), entry("Message", shown(facts.message)),
      entry("Size", sizeText(facts.size)), entry("Created", timeText(facts.created)), entry("Arrived", timeText(facts.arrived)),
      entry("Ingested", timeText(facts.ingested)), entry("Dataset", shown(facts.dataset)), entry("Ingested under", facts.under));
    return undefined;
  }

  function choose(at) {
    if (!rows.length) return;
    active = Math.max(0, Math.min(rows.length - 1, at));
    shownRow = rows[active];
    const top = active * rowHeight, bottom = top + rowHeight - room();
    if (top < viewTop()) table.scrollTop = top / stretch;
    else if (bottom > viewTop()) table.scrollTop = bottom / stretch;
    draw();
    showDetail();
    table.setAttribute("aria-activedescendant", "row-" + shownRow);
  }
  table.addEventListener("scroll", schedule, {passive: true});
  table.addEventListener("keydown", (event) => {
    if (event.target !== table) return;
    const page = Math.max(1, Math.floor(table.clientHeight / rowHeight) - 2);
    const to = {ArrowDown: active + (shownRow < 0 ? 0 : 1), ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: rows.length - 1}[event.key];
    if (to !== undefined) {
      event.preventDefault();
      choose(to);
    } else if (event.key === "Enter" && rows.length) {
      copyText(written(night.path(rows[active])), "The name is copied.");
    }
  });
  body.addEventListener("click", (event) => {
    const line = event.target.closest(".file");
    if (line && !String(getSelection())) choose(Number(line.dataset.at));
  });

  const room = () => table.clientHeight - heads.offsetHeight;
  function measure() {
    const top = viewTop() / rowHeight, before = [rowHeight, stretch].join();
    rowHeight = Math.max(24, Math.round(parseFloat(getComputedStyle(table).getPropertyValue("--row-height")) * parseFloat(getComputedStyle(document.documentElement).fontSize)));
    // Chromium cuts off what is higher than 2^25 pixels of the screen, Firefox what is higher than 17.8 million of CSS:
    // a list that is higher is laid out as high as that, and goes by faster than it is scrolled.
    const height = rows.length * rowHeight, most = 33e6 / Math.max(2, devicePixelRatio);
    body.style.height = Math.min(height, most) + "px";
    stretch = height > most ? (height - room()) / (most - room()) : 1;
    // The row that was at the top stays there, however high rows are now.
    if ([rowHeight, stretch].join() !== before) table.scrollTop = top * rowHeight / stretch;
    schedule();
  }
  addEventListener("resize", measure);
  // Another screen, or another zoom, need not be a resize.
  (function followPixels() {
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => { measure(); followPixels(); }, {once: true});
  })();

  search.addEventListener("input", () => setView({search: search.value}));
  for (const [input, key, texts] of [[exposure, "exposure", night.exposures], [detector, "detector", night.detectors]]) {
    input.addEventListener("input", () => {
      if (input.value === "" || texts.includes(input.value)) setView({[key]: input.value});
    });
  }

  let last = null, asked = null;
  followers.push(() => {
    const asks = JSON.stringify([view.exposure, view.detector, view.verdict, view.search, view.sort]);
    const wanted = asks + night.chunks.every(({data}) => data);
    if (wanted === last) return;
    last = wanted;
    // Data that arrive leave alone what is being typed; another view does not.
    for (const [input, key] of [[search, "search"], [exposure, "exposure"], [detector, "detector"]]) {
      if (input.value !== view[key] && (asks !== asked || document.activeElement !== input)) input.value = view[key];
    }
    asked = asks;
    const pressed = view.verdict.split(",");
    night.verdicts.forEach(({name}, i) => chips[i]?.setAttribute("aria-pressed", String(pressed.includes(name))));
    sorters.forEach((cell, i) => cell.setAttribute("aria-sort", view.sort === columns[i][0] ? "ascending" : view.sort === "-" + columns[i][0] ? "descending" : "none"));
    rows = chosenRows(night);
    active = 0;
    shownRow = -1;
    table.scrollTop = 0;
    table.setAttribute("aria-rowcount", String(rows.length + 1));
    table.removeAttribute("aria-activedescendant");
    tell(rows.length === night.rows ? `All ${grouped(night.rows)} files.` : `${grouped(rows.length)} of ${grouped(night.rows)} files.`);
    measure();
    if (lacksDataToSort(night)) {
      tell("Loading what to sort by…");
      haveAll().then((all) => all && setView({}));
    }
  });
}
