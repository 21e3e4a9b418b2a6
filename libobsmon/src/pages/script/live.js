// LIVE: how old the last look is (of a page over several streams: that page itself), a loud sign when none follows any
// more, and loading the page again when it changed.

const wordsOfLook = {
  unknown: "When the last look was can't be told",
  unread: (when) => `the last look known was ${when}. Whether the monitor has looked since can't be told from here.`,
  stopped: (when, due) => `The monitor has stopped: its last look was ${when}. ` +
    `What has happened since is not on these pages; a look is due every ${due}.`,
  young: (ago) => `Last look ${ago}.`,
};
const wordsOfSummary = {
  unknown: "When the last summary was made can't be told",
  unread: (when) => `the last summary known was made ${when}. Whether another was made since can't be told from here.`,
  stopped: (when, due) => `No summary is made any more: the last one was made ${when}. ` +
    `What has happened since is not on this page; a summary is due every ${due}.`,
  young: (ago) => `Summary made ${ago}.`,
};

const live = {
  place: document.getElementById("live"),
  status: null,
  asOf: 0,        // of this page
  changed: false, // there is a newer one
  atFirst: null,  // what the first status said
  failed: false,  // the last question had no answer
  askedAt: 0,     // when the last question was asked that was answered, or was not
  asking: 0,      // when one was asked that is still open; else 0

  start() {
    if (!this.place) return;
    this.asOf = Number(this.place.dataset.asOf) || 0;
    this.words = "summary" in this.place.dataset ? wordsOfSummary : wordsOfLook;
    this.text = make("span", {role: "status"});
    this.reload = make("button", {type: "button", hidden: true, textContent: "Show the newer page", onclick: () => location.reload()});
    this.toggle = make("button", {type: "button", onclick: () => {
      setView({refresh: view.refresh ? "" : "on"});
      if (view.refresh && this.changed) location.reload();
    }});
    this.place.append(this.text, this.reload, this.toggle);
    this.ask();
    setInterval(() => {
      if (Date.now() - this.askedAt >= this.pause()) this.ask();
      this.show();
    }, 1000);
    // While a page is hidden, or its machine asleep, hardly a question is asked.
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.ask());
  },
  // Three questions in the time within which a look is due.
  pause() { return Math.min(60_000, (this.status?.maxAge ?? 60_000) / 3); },
  ask() {
    if (this.asking) return;
    const asked = this.asking = Date.now();
    loadScript("data/status.js?at=" + asked).then(() => this.status === null, () => true).then((failed) => {
      this.failed = failed;
      this.askedAt = asked;
      this.asking = 0;
      this.show();
    });
  },
  take(status) {
    this.status = status;
    const newest = this.place.dataset.night ? status.nights[this.place.dataset.night] || 0 : status.lookedAt;
    this.changed = newest > this.asOf;
    // Of what was there when the page was loaded, loading it again brings nothing new: that would never end.
    this.atFirst ??= newest;
    if (view.refresh && this.changed && newest > this.atFirst) location.reload();
  },
  show() {
    this.toggle.textContent = view.refresh ? "Stop reloading by itself" : "Reload by itself";
    this.toggle.setAttribute("aria-pressed", String(Boolean(view.refresh)));
    if (!this.status) {
      if (this.failed) this.say(`${this.words.unknown}: data/status.js is not there.`, true);
      return;
    }
    const age = Date.now() - this.status.lookedAt;
    const ago = age < 5000 ? "just now" : ageText(age) + " ago";
    const when = `${ago}, at ${timeText(this.status.lookedAt)}`;
    const isDue = age > this.status.maxAge;
    // What was read before a look was due says nothing of whether there was one.
    const isFresh = this.askedAt > this.status.lookedAt + this.status.maxAge;
    if (isDue && !isFresh) this.ask();
    const isSilent = this.asking && Date.now() - this.asking > 10_000;
    if (isDue && (isFresh ? this.failed : isSilent)) {
      // The reader's network or the web server: the monitor may well be at work.
      this.say(`The status can't be read now: ${this.words.unread(when)}`, true);
    } else if (isDue && isFresh) {
      this.say(this.words.stopped(when, ageText(this.status.maxAge)), true);
    } else {
      this.say(this.words.young(ago), false);
    }
    this.reload.hidden = !this.changed;
  },
  say(words, loud) {
    this.place.classList.toggle("stopped", loud);
    if (this.text.textContent === words) return;
    this.text.textContent = words;
    // Seconds that tick are not read out.
    this.text.setAttribute("aria-live", loud && !this.wasLoud ? "assertive" : "off");
    this.wasLoud = loud;
  },
};

function ageText(ms) {
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 172_800) return `${Math.floor(s / 3600)} h ${String(Math.floor(s / 60) % 60).padStart(2, "0")} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor(s / 3600) % 24} h`;
}
