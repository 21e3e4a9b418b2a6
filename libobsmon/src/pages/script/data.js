// DATA: a night's files, as name_table.cc and night_data.cc write them. Texts from outside reach the page by
// textContent alone, and through shown() first.

const digits = new Uint8Array(128);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].forEach((c, value) => {
  digits[c.charCodeAt(0)] = value;
});

// Calls take(number) for each number of `text`, take(null) for each '!'.
function numbers(text, take) {
  for (let at = 0; at < text.length;) {
    let code = text.charCodeAt(at++);
    if (code === 33) {
      take(null);
      continue;
    }
    let digit = digits[code];
    const negative = digit & 1;
    let value = (digit >> 1) & 15;
    let unit = 16;
    while (digit & 32) {
      digit = digits[text.charCodeAt(at++)];
      value += (digit & 31) * unit;
      unit *= 32;
    }
    take(negative ? -value : value);
  }
}

function column(text, rows) {
  const values = new Float64Array(rows);
  let row = 0, last = 0;
  numbers(text, (step) => { values[row++] = step === null ? NaN : (last += step); });
  return values;
}

// Rows of paths: of each its group and its tail.
class Names {
  constructor(table, rows, exposures) {
    this.tails = table.tails;
    this.tailDetector = [];
    numbers(table.tailDetectors, (detector) => this.tailDetector.push(detector - 1));
    this.prefixes = [];
    this.exposures = [];
    this.groupOf = new Uint32Array(rows);
    this.tailOf = new Uint32Array(rows);
    this.letterOf = new Uint8Array(rows);
    const layouts = table.layouts.map((text) => {
      const tails = [];
      let tail = -1;
      numbers(text, (step) => tails.push(tail += step));
      return tails;
    });
    const group = [0, 0, 0, 0, 0];
    let at = 0, row = 0;
    numbers(table.groups, (step) => {
      group[at++] += step;
      if (at < group.length) return;
      at = 0;
      const [folder, stemCode, exposure, layout, letters] = group;
      const stem = stemCode === 0 ? "" : stemCode === 1 ? exposures[exposure - 1] : table.stems[stemCode - 2];
      const number = this.prefixes.push(table.parents[folder >> 1] + (folder & 1 ? stem + "/" : "") + stem) - 1;
      this.exposures.push(exposure - 1);
      layouts[layout].forEach((tail, place) => {
        this.groupOf[row] = number;
        this.tailOf[row] = tail;
        this.letterOf[row++] = table.letters[letters].charCodeAt(place) - 97;
      });
    });
  }
  path(row) {
    const tail = this.tailOf[row];
    return this.tailDetector[tail] === -2 ? "" : this.prefixes[this.groupOf[row]] + this.tails[tail];
  }
}

// A night, from its first data file; sizes, times and datasets come by chunks.
class Night {
  constructor(core) {
    this.night = core.night;
    this.asOf = core.asOf;
    this.rows = core.rows;
    this.verdicts = core.verdicts.map(([name, label, concern]) => ({name, label, concern}));
    this.detectors = core.detectors;
    this.names = new Names(core, core.rows, core.exposures);
    // In the file by their first row, where those that only the registry knows come last; here as they were taken.
    const order = core.exposures.map((_, i) => i).sort((a, b) => core.exposures[a] < core.exposures[b] ? -1 : 1);
    const rank = [];
    order.forEach((exposure, place) => { rank[exposure] = place; });
    this.exposures = order.map((exposure) => core.exposures[exposure]);
    this.names.exposures = this.names.exposures.map((exposure) => exposure < 0 ? exposure : rank[exposure]);
    this.verdictOf = this.names.letterOf;
    this.registryOnly = core.registryOnly;
    this.absent = core.absent;
    this.chunks = core.chunks.length ? core.chunks.map(([file, rows]) => ({file, rows})) : [{file: "", rows: core.rows}];
    let first = 0;
    for (const chunk of this.chunks) {
      chunk.first = first;
      first += chunk.rows;
    }
    // For each verdict, how much it matters where one stands for many: attention, unknown, wait, none.
    this.gravity = this.verdicts.map(({name, concern}) => [1, 4, 6, 5][concern] - (concern === 0 && name !== "ingested" ? 1 : 0));
  }
  path(row) { return this.names.path(row); }
  exposureOf(row) { return this.names.exposures[this.names.groupOf[row]]; }
  detectorOf(row) { return this.names.tailDetector[this.names.tailOf[row]]; }
  // Where the file is, if not in storage: words for people.
  elsewhere(row) {
    const isIn = (runs) => runs.some(([first, end]) => first <= row && row < end);
    return isIn(this.registryOnly) ? "registry only" : isIn(this.absent) ? "not there" : "";
  }

  chunkOf(row) {
    return this.chunks.find(({first, rows}) => row < first + rows);
  }
  // What a chunk holds of the row; null until it is there.
  facts(row) {
    const {data, first} = this.chunkOf(row);
    if (!data) return null;
    const at = row - first;
    return {
      size: data.size[at], created: data.created[at], arrived: data.arrived[at], ingested: data.ingested[at],
      dataset: data.datasets.path(at), message: data.messages[row] || "", under: data.under[row] || "",
    };
  }
  takeChunk(chunk) {
    const place = this.chunks.find(({first}) => first === chunk.first);
    if (!place || place.rows !== chunk.rows) return;
    place.data = {
      size: column(chunk.size, chunk.rows),
      created: column(chunk.created, chunk.rows),
      arrived: column(chunk.arrived, chunk.rows),
      ingested: column(chunk.ingested, chunk.rows),
      datasets: new Names(chunk.datasets, chunk.rows, []),
      messages: chunk.messages,
      under: chunk.under,
    };
  }
  // Resolves when the chunk is there; rejects where it can't be had, for the night's page was written anew, or the
  // network is away: it may be back after a while.
  load(chunk) {
    const pause = 5000;
    if (Date.now() - chunk.failedAt > pause) chunk.loading = null;
    chunk.loading ||= chunk.data ? Promise.resolve() : loadScript("data/" + chunk.file).catch((error) => {
      chunk.failedAt = Date.now();
      throw error;
    });
    return chunk.loading;
  }
  loadAll() { return Promise.all(this.chunks.map((chunk) => this.load(chunk))); }
}

function loadScript(source) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.onload = () => { script.remove(); resolve(); };
    script.onerror = () => { script.remove(); reject(new Error(source)); };
    script.src = source;
    document.head.append(script);
  });
}

// --- texts ---------------------------------------------------------------------------------------------------

// What would end a line, act on a reader, or turn the direction of writing; bytes that are no UTF-8 are lone surrogates.
const acting = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function shown(text) {
  return text.replace(acting, (c) => {
    const code = c.charCodeAt(0);
    const hex = (digits, value) => value.toString(16).padStart(digits, "0");
    if (c === "\n") return "\\n";
    if (c === "\t") return "\\t";
    if (c === "\r") return "\\r";
    if (code >= 0xdc80 && code <= 0xdcff) return "\\x" + hex(2, code - 0xdc00);
    return code < 0x80 ? "\\x" + hex(2, code) : `\\u{${hex(1, code)}}`;
  });
}

// As the CSV and JSON of the command have a name that is no UTF-8: its bytes as \xNN, all else as it is.
function written(text) {
  return text.replace(/[\udc80-\udcff]/g, (c, at) => {
    const before = text.charCodeAt(at - 1);
    return before >= 0xd800 && before <= 0xdbff ? c : "\\x" + (c.charCodeAt(0) - 0xdc00).toString(16);
  });
}

// The bytes of a name, two digits each; empty where it is UTF-8.
function hexOfBytes(text) {
  if (written(text) === text) return "";
  let out = "";
  for (const c of text) {
    const code = c.codePointAt(0);
    const bytes = code >= 0xdc80 && code <= 0xdcff ? [code - 0xdc00] : new TextEncoder().encode(c);
    for (const byte of bytes) out += byte.toString(16).padStart(2, "0");
  }
  return out;
}

const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

function sizeText(bytes) {
  if (Number.isNaN(bytes)) return "–";
  if (bytes < 10_000) return grouped(bytes) + " B";
  let value = bytes, unit = -1;
  do {
    value /= 1000;
    ++unit;
  } while (value >= 999.95 && unit < 4);
  return value.toFixed(1) + " " + ["kB", "MB", "GB", "TB", "PB"][unit];
}

const timeText = (ms) => Number.isNaN(ms) ? "–" : new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19).replace("T", " ") + "Z";

function spanText(ms) {
  if (Number.isNaN(ms)) return "–";
  const sign = ms < 0 ? "−" : "";
  const s = Math.floor(Math.abs(ms) / 1000);
  const two = (n) => String(n).padStart(2, "0");
  if (s < 60) return sign + (Math.floor(Math.abs(ms) / 100) / 10).toFixed(1) + " s";
  if (s < 3600) return `${sign}${Math.floor(s / 60)} min ${two(s % 60)} s`;
  if (s < 172_800) return `${sign}${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)} min`;
  return `${sign}${Math.floor(s / 86_400)} d ${Math.floor(s / 3600) % 24} h`;
}

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "for" || name === "list") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}
