// PAGE: what is looked at, kept in the address, and the parts put together.

// A view is what the address says after '#': #exposure=…&detector=…&verdict=a,b&search=…&sort=-size&refresh=on.
const viewKeys = ["exposure", "detector", "verdict", "search", "sort", "refresh"];
let view = readView();
const followers = [];

function readView() {
  const found = Object.fromEntries(viewKeys.map((key) => [key, ""]));
  for (const part of location.hash.slice(1).split("&")) {
    const at = part.indexOf("=");
    const key = part.slice(0, at);
    if (at < 0 || !viewKeys.includes(key)) continue;
    try {
      found[key] = decodeURIComponent(part.slice(at + 1));
    } catch {
      // No view is better than half of one.
    }
  }
  return found;
}

function hashOf(wanted) {
  const parts = viewKeys.filter((key) => wanted[key]).map((key) =>
    `${key}=${encodeURIComponent(wanted[key].replace(acting, "")).replaceAll("%2C", ",")}`);
  return parts.join("&");
}

function setView(change) {
  view = {...view, ...change};
  const hash = "#" + hashOf(view);
  if (hash !== (location.hash || "#")) history.replaceState(null, "", hash);
  for (const follow of followers) follow();
}

let night = null;
window.obsmon = Object.freeze({
  night(core) {
    night = new Night(core);
  },
  chunk(chunk) {
    night?.takeChunk(chunk);
  },
  status(status) {
    live.take(status);
  },
});

document.addEventListener("DOMContentLoaded", () => {
  live.start();
  followers.push(() => live.toggle && live.show());
  const jump = () => {
    if (view.exposure || view.verdict || view.detector || view.search) document.getElementById("files")?.scrollIntoView();
  };
  addEventListener("hashchange", () => {
    // A place of the page, as the skip link has it, is no view: the browser is there by now, and the address is the view's.
    if (/^#[^=]+$/.test(location.hash)) {
      setView({});
      return;
    }
    const before = hashOf(view), wanted = readView();
    // A link to files says nothing of reloading.
    setView({...wanted, refresh: wanted.refresh || view.refresh});
    if (hashOf(view) !== before) jump();
  });
  if (!night || night.rows === 0) return;
  buildMap(night);
  buildFiles(night);
  for (const follow of followers) follow();
  jump();
});
