"""How a night of 410,000 files feels in a browser.

    tests/browser/run.sh build/release/bin/obsmon_make_pages -k none
    build/browser/venv-*/bin/python bench/browser/night.py

Prints a figure a line, medians of five. Pages are those that tests/browser/run.sh has made.
"""
import os
import pathlib
import statistics

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "build/browser/pages/410000/2020-05-01.html"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-precise-memory-info"]
ROUNDS = 5

# Time from a keystroke to the frame that shows its result.
KEYSTROKES = """async (text) => {
  const search = document.getElementById('search');
  const times = [];
  for (let end = 1; end <= text.length; ++end) {
    const began = performance.now();
    search.value = text.slice(0, end);
    search.dispatchEvent(new Event('input'));
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - began);
  }
  search.value = '';
  search.dispatchEvent(new Event('input'));
  return times;
}"""

# Scrolls by a screen a frame; the longest time for which any row in view was blank.
SCROLL = """async () => {
  const list = document.querySelector('.list');
  const box = list.getBoundingClientRect();
  let blankSince = null, longest = 0;
  const began = performance.now();
  while (performance.now() - began < 4000) {
    list.scrollTop += list.clientHeight * 5;
    await new Promise(done => requestAnimationFrame(done));
    const whole = [0.15, 0.5, 0.95].every(at => {
      const row = document.elementFromPoint(box.x + 40, box.y + at * box.height)?.closest('.file');
      return row && row.textContent.length > 10;
    });
    const now = performance.now();
    if (whole) blankSince = null; else blankSince ??= now;
    if (blankSince !== null) longest = Math.max(longest, now - blankSince);
  }
  return longest;
}"""


def until(page, expression):
    """Waits until the expression holds. Playwright's own wait evaluates it in the page, which the policy refuses."""
    for _ in range(3000):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(10)
    raise SystemExit(f"never: {expression}")


def memory_of_the_largest_tab():
    """MB, with the tab's share of what it has in common with others."""
    largest = 0
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if b"--type=renderer" not in command or b"extension" in command:
                continue
            for line in (process / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    largest = max(largest, int(line.split()[1]) / 1000)
        except OSError:
            continue
    return largest


def main():
    paints, loads, bytes_loaded, keys, blanks, heaps, tabs = [], [], [], [], [], [], []
    with sync_playwright() as playwright:
        for _ in range(ROUNDS):
            browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            files = set()
            page.on("request", lambda request, files=files: files.add(request.url.split("?")[0]))
            page.goto(PAGE.as_uri())
            until(page, "document.querySelector('#list .says')?.textContent.startsWith('All')")
            until(page, "performance.getEntriesByName('first-contentful-paint').length > 0")
            paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            loads.append(page.evaluate("performance.timing.domComplete - performance.timing.navigationStart"))
            page.wait_for_timeout(1000)
            bytes_loaded.append(sum(pathlib.Path(url.removeprefix("file://")).stat().st_size
                                    for url in files if url.startswith("file:")))
            keys += page.evaluate(KEYSTROKES, "000123_r22_s11.fits")
            page.locator('.list').scroll_into_view_if_needed()
            blanks.append(page.evaluate(SCROLL))
            page.click(".head .f-size button")
            until(page, "document.querySelector('.body .file .f-size').textContent.endsWith(' B')")
            heaps.append(page.evaluate("performance.memory.usedJSHeapSize") / 1e6)
            tabs.append(memory_of_the_largest_tab())
            browser.close()
    median = statistics.median
    print(f"loaded at first            {median(bytes_loaded) / 1e6:.2f} MB (with the rows in view)")
    print(f"first contentful paint     {median(paints):.0f} ms")
    print(f"all scripts run            {median(loads):.0f} ms")
    print(f"a keystroke in the search  {median(keys):.0f} ms, the slowest {max(keys):.0f} ms")
    print(f"longest blank row          {median(blanks):.0f} ms, scrolling five screens a frame")
    print(f"JavaScript heap            {median(heaps):.0f} MB, all data loaded and sorted")
    print(f"the tab's memory           {median(tabs):.0f} MB")


if __name__ == "__main__":
    main()
