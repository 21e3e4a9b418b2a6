"""What an observer does with the page of a night."""
import csv
import io
import json
import re
import shutil

import pytest
from conftest import PAGES, until

NIGHT = "2020-05-01.html"
SIZES = {"500": 486, "9000": 9000, "410000": 410000}
SAYS = "#list .says"


def says(page, text):
    until(page, "([where, text]) => document.querySelector(where)?.textContent.includes(text)", arg=[SAYS, text])
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => drawn()))")  # with which the rows follow


def names(page):
    return page.locator(".body .file:visible .f-name bdi").all_text_contents()


@pytest.mark.parametrize("size", SIZES)
def test_lists_all_files_and_none_is_blank_wherever_one_scrolls(open_page, base, size):
    page = open_page(f"{base}/{size}/{NIGHT}")
    says(page, f"All {SIZES[size]:,} files.")
    page.locator(".list").scroll_into_view_if_needed()
    for share in (0, 0.5, 1):
        page.evaluate("share => { const list = document.querySelector('.list'); list.scrollTop = share * list.scrollHeight; }", share)
        until(page, "![...document.querySelectorAll('.body .file:not([hidden])')].some(line => line.textContent.includes('…'))")
        until(page, """() => {
          const box = document.querySelector('.list').getBoundingClientRect();
          return [0.25, 0.5, 0.95].every(at => document.elementFromPoint(box.x + 40, box.y + at * box.height)?.closest('.file'));
        }""")
    assert len(names(page)) < 80  # of so many rows only those in view are there


def test_search_finds_words_within_and_across_the_parts_of_a_name(open_page, base):
    page = open_page(f"{base}/410000/{NIGHT}")
    says(page, "All 410,000 files.")
    for text, found in (("000123", 410), ("r22_s11", 2000), ("000123_r22", 18), ("000123 s11.fits", 21), ("nowhere", 0)):
        page.fill("#search", text)
        says(page, f"{found:,} of 410,000 files.")
    assert page.evaluate("location.hash") == "#search=nowhere"


def test_filters_by_verdict_exposure_and_detector(open_page, base):
    page = open_page(f"{base}/500/{NIGHT}")
    page.click(".chip.v-not_ingested")
    assert page.get_attribute(".chip.v-not_ingested", "aria-pressed") == "true"
    says(page, "of 486 files.")
    assert set(page.locator(".body .file:visible .f-verdict").all_text_contents()) == {"not ingested"}
    page.click(".chip.v-not_ingested")
    page.fill("#exposure", "MC_O_20200501_000003")
    says(page, "18 of 486 files.")
    page.fill("#detector", "R01_S11")
    says(page, "2 of 486 files.")
    assert names(page) == ["MC_O_20200501_000003_R01_S11.fits", "MC_O_20200501_000003_R01_S11.json"]
    page.click("text=Show all")
    says(page, "All 486 files.")


def test_back_shows_in_the_field_that_has_the_focus_what_the_list_is_of(open_page, base):
    page = open_page(f"{base}/500/{NIGHT}#search=000003")
    says(page, "18 of 486 files.")
    page.evaluate("location.hash = '#search=r01_s11'")
    says(page, "54 of 486 files.")
    page.focus("#search")
    page.keyboard.press("End")
    page.keyboard.type(".fits")  # nor is typing disturbed
    says(page, "27 of 486 files.")
    assert page.input_value("#search") == "r01_s11.fits"
    page.go_back()
    says(page, "18 of 486 files.")
    assert page.input_value("#search") == "000003"


def test_sorts_by_each_column_both_ways(open_page, base):
    page = open_page(f"{base}/9000/{NIGHT}")
    says(page, "All 9,000 files.")
    for column in ("File", "Size", "Created", "Ingested", "Took", "Verdict"):
        head = page.locator(".head .f-" + {"File": "name", "Took": "latency"}.get(column, column.lower()))
        head.locator("button").click()
        until(page, "cell => cell.getAttribute('aria-sort') === 'ascending'", arg=head.element_handle())
        head.locator("button").click()
        until(page, "cell => cell.getAttribute('aria-sort') === 'descending'", arg=head.element_handle())
    page.click(".head .f-size button")
    page.wait_for_timeout(100)
    first = page.locator(".body .file:visible .f-size").first.text_content()
    assert first.endswith(" B")  # the smallest
    page.click(".head .f-size button")
    until(page, "document.querySelector('.body .file .f-size').textContent.endsWith('MB')")


def test_an_address_that_asks_an_open_page_for_another_order_gets_it(open_page, base):
    page = open_page(f"{base}/410000/{NIGHT}")
    says(page, "All 410,000 files.")
    page.evaluate("location.hash = '#sort=-size'")
    # The largest, which are nowhere near the first of the night.
    until(page, "document.querySelector('.body .file .f-size').textContent === '20.0 MB'")
    says(page, "All 410,000 files.")
    assert page.get_attribute(".head .f-size", "aria-sort") == "descending"


def test_a_link_opens_the_view_that_it_was_made_in(open_page, base):
    page = open_page(f"{base}/410000/{NIGHT}")
    says(page, "All 410,000 files.")
    page.fill("#exposure", "MC_O_20200501_000333")
    page.click(".chip.v-not_ingested")
    says(page, "205 of 410,000 files.")
    address = page.url
    assert address.endswith("#exposure=MC_O_20200501_000333&verdict=not_ingested")
    again = open_page(address)
    says(again, "205 of 410,000 files.")
    assert again.input_value("#exposure") == "MC_O_20200501_000333"
    assert again.url == address
    assert again.evaluate("scrollY") > 0


def test_an_address_that_makes_no_sense_shows_a_page_all_the_same(open_page, base):
    page = open_page(f"{base}/500/{NIGHT}#exposure=%E0%A4%A&verdict=none,of,these&x&=&search=")
    says(page, "0 of 486 files.")


def test_a_link_to_what_the_night_does_not_have_lists_no_file(open_page, base):
    count = len((PAGES / "hostile.hex").read_text().split())
    for key in ("exposure", "detector"):  # hostile files are of neither
        says(open_page(f"{base}/hostile/{NIGHT}#{key}=nowhere"), f"0 of {count} files.")


def test_a_problem_in_the_plain_list_leads_to_its_files(open_page, base):
    page = open_page(f"{base}/500/{NIGHT}")
    says(page, "All 486 files.")
    page.locator(".exposures a").first.click()
    until(page, "document.querySelector('#list .says').textContent.includes(' of 486 files.')")
    assert "verdict=" in page.url


def test_the_skip_link_leaves_the_view_as_it_is(open_page, base):
    page = open_page(f"{base}/500/{NIGHT}#search=000003&refresh=on")
    says(page, "18 of 486 files.")
    index = open_page(f"{base}/500/index.html#refresh=on")
    for each, view in ((page, "#search=000003&refresh=on"), (index, "#refresh=on")):
        each.evaluate("addEventListener('hashchange', () => { window.skipped = true; })")
        each.focus(".skip")
        each.keyboard.press("Enter")
        until(each, "window.skipped")
        assert each.evaluate("location.hash") == view
        assert each.evaluate("Math.abs(document.querySelector('#main').getBoundingClientRect().top) < innerHeight / 2")
    says(page, "18 of 486 files.")
    assert page.input_value("#search") == "000003"


def test_a_link_to_files_does_not_end_reloading_by_itself(open_page, base):
    page = open_page(f"{base}/500/{NIGHT}#refresh=on")
    says(page, "All 486 files.")
    page.locator(".exposures a").first.click()
    says(page, " of 486 files.")
    assert "verdict=" in page.url and page.url.endswith("&refresh=on")
    assert page.locator("text=Stop reloading by itself").is_visible()


def test_the_map_says_what_is_under_pointer_and_cursor_and_filters(open_page, base):
    page = open_page(f"{base}/410000/{NIGHT}")
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3325, box["y"] + 5)  # the exposure that nobody ingested
    # Its other file is the FITS file's JSON, which nobody means to ingest.
    assert re.fullmatch(r"MC_O_20200501_000333, R00_S[GW]\d: not ingested, 1 of 2 files", page.text_content("#map-says"))
    page.focus("canvas")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.text_content("#map-says").startswith("MC_O_20200501_000002, R00_SW1: ingested, 1 of 2 files")
    page.keyboard.press("Enter")
    says(page, "2 of 410,000 files.")
    assert page.url.endswith("#exposure=MC_O_20200501_000002&detector=R00_SW1")
    page.keyboard.press("ArrowDown")  # and one is among the files
    assert "MC_O_20200501_000002_R00_SW1" in page.text_content(".detail")


def test_the_map_has_exposures_by_name_whichever_the_data_have_first(open_page, tmp_path):
    shutil.copytree(PAGES / "500", tmp_path / "out")
    first, last = "MC_O_20200501_000001", "MC_O_20200501_000027"
    for data in (tmp_path / "out" / "data").glob("2020-*.js"):
        head, names_of, rest = re.split(r"(exposures:\[[^\]]*\])", data.read_text(encoding="utf-8"))
        names_of = names_of.replace(first, "?").replace(last, first).replace("?", last)
        data.write_text(head + names_of + rest, encoding="utf-8")
    page = open_page(f"{(tmp_path / 'out').as_uri()}/{NIGHT}")
    assert page.locator(".ends span").all_text_contents() == [first, last]
    page.focus("canvas")
    page.keyboard.press("Home")
    assert page.text_content("#map-says").startswith(first)
    page.keyboard.press("Shift+Enter")
    says(page, "18 of 486 files.")
    assert all(name.startswith(first) for name in names(page))


def test_the_focal_plane_has_each_detector_in_its_place(open_page, base):
    page = open_page(f"{base}/410000/{NIGHT}")
    sensors = page.locator(".sensor")
    assert sensors.count() == 205
    boxes = page.evaluate("""() => Object.fromEntries([...document.querySelectorAll('.sensor')].map(sensor => {
      const box = sensor.getBoundingClientRect();
      return [sensor.getAttribute('aria-label').slice(0, 7), [box.x, box.y, box.width, box.height]];
    }))""")
    assert boxes["R22_S12"][0] > boxes["R22_S11"][0] and boxes["R22_S12"][1] == boxes["R22_S11"][1]  # a column to the right
    assert boxes["R22_S21"][1] < boxes["R22_S11"][1] and boxes["R32_S11"][1] < boxes["R22_S11"][1]    # a row up
    corners = {name: box for name, box in boxes.items() if name[:3] in ("R00", "R04", "R40", "R44")}
    assert len(corners) == 16
    for corner in ("R00", "R04", "R40", "R44"):  # none lies on another
        places = [box for name, box in corners.items() if name.startswith(corner)]
        assert len({(round(x), round(y)) for x, y, _, _ in places}) == 4
    page.locator(".sensor").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    says(page, "2,000 of 410,000 files.")


def test_rows_are_chosen_by_keyboard_and_told_in_full(open_page, base):
    page = open_page(f"{base}/9000/{NIGHT}")
    says(page, "All 9,000 files.")
    page.focus(".list")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "MC_O_20200501_000001" in page.text_content(".detail")
    page.keyboard.press("End")
    assert page.get_attribute(".body .file[aria-selected=true]", "aria-rowindex") == "9001"
    assert page.get_attribute(".list", "aria-activedescendant") == page.get_attribute(".body .file[aria-selected=true]", "id")


LAST = "MC_O_20200501_001000_R44_SW1.json"
def is_last_file_in_view(page):
    """The last row ends where the list ends, and is what a reader sees there."""
    until(page, """last => {
      const list = document.querySelector('.list').getBoundingClientRect();
      const line = [...document.querySelectorAll('.body .file:not([hidden])')].find(line => line.textContent.includes(last));
      if (!line) return false;
      const box = line.getBoundingClientRect();
      const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)?.closest('.file');
      return seen === line && Math.abs(box.bottom - list.bottom) < 3;
    }""", arg=LAST)


# (3, 1400) is a desktop, the others are phones, where a row is higher.
@pytest.mark.parametrize("open_on_screen", [(3, 1400), (2, 500), (3, 500)], indirect=True)
def test_the_last_of_very_many_files_is_reached_on_screens_of_many_pixels(open_on_screen):
    page = open_on_screen(f"{PAGES.as_uri()}/410000/{NIGHT}")
    assert page.evaluate("devicePixelRatio") > 1
    says(page, "All 410,000 files.")
    page.locator(".list").scroll_into_view_if_needed()
    page.focus(".list")
    page.keyboard.press("End")
    is_last_file_in_view(page)
    assert page.get_attribute(".body .file[aria-selected=true]", "aria-rowindex") == "410001"
    page.keyboard.press("Home")
    until(page, "document.querySelector('.list').scrollTop === 0")
    page.evaluate("document.querySelector('.list').scrollTop = 1e9")  # the bar, drawn down
    is_last_file_in_view(page)


def test_a_list_stays_within_what_a_browser_can_show_when_the_screen_or_the_zoom_changes(open_page):
    page = open_page(f"{PAGES.as_uri()}/410000/{NIGHT}")
    says(page, "All 410,000 files.")
    page.evaluate("document.querySelector('.list').scrollTop = 200_000 * 28")
    until(page, "document.querySelector('.body .file:not([hidden])')?.dataset.at > 199_900")
    first = "Number([...document.querySelectorAll('.body .file:not([hidden])')].map(line => line.dataset.at).sort()[0])"
    before = page.evaluate(first)
    devtools = page.context.new_cdp_session(page)
    for event in ("zoom", "another screen"):
        if event == "another screen":  # the window is as wide as before, and told of no resize
            page.evaluate("addEventListener('resize', (event) => event.stopImmediatePropagation(), true)")
        for ratio, width in ((3, 1300), (5, 1200), (1, 1400)):
            devtools.send("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": ratio, "mobile": False})
            until(page, "ratio => devicePixelRatio === ratio", arg=ratio)
            until(page, "document.querySelector('.list .body').offsetHeight * devicePixelRatio < 2 ** 25")
            until(page, f"Math.abs({first} - {before}) < 2")  # and what was in view stays there
    until(page, "document.querySelector('.list .body').offsetHeight === 410_000 * 28")


def test_copies_names_and_a_link_to_the_view(open_page, server):
    page = open_page(f"{server}/500/{NIGHT}#detector=R01_S11&search=000003", permissions=["clipboard-read", "clipboard-write"])
    says(page, "2 of 486 files.")
    page.click("text=Copy names")
    says(page, "2 names copied.")
    stem = "2020-05-01/MC_O_20200501_000003/MC_O_20200501_000003_R01_S11"
    assert page.evaluate("navigator.clipboard.readText()") == f"{stem}.fits\n{stem}.json"
    page.click("text=Copy link")
    says(page, "The link to this view is copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_copies_names_where_the_browser_keeps_its_clipboard_for_https(open_page, server):
    page = open_page(f"{server}/500/{NIGHT}#detector=R01_S11&search=000003")
    says(page, "2 of 486 files.")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.click("text=Copy names")
    says(page, "2 names copied.")
    page.click("#search")
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+V")
    assert "2020-05-01/MC_O_20200501_000003/MC_O_20200501_000003_R01_S11.fits" in page.input_value("#search")


def download(page):
    with page.expect_download() as caught:
        page.click("button:text-is('CSV')")
    return list(csv.reader(io.StringIO(caught.value.path().read_bytes().decode("utf-8"), newline="")))


def test_the_csv_has_the_rows_of_the_view(open_page, base):
    page = open_page(f"{base}/410000/{NIGHT}#detector=R22_S11")
    says(page, "2,000 of 410,000 files.")
    rows = download(page)
    assert len(rows) == 2001
    first = dict(zip(rows[0], rows[1]))
    assert first["path"] == "2020-05-01/MC_O_20200501_000001/MC_O_20200501_000001_R22_S11.fits"
    assert first["ingest_path"].startswith("raw/2020-05-01/") and "R22-S11" in first["ingest_path"]
    assert float(first["delta_seconds"]) > 0 and int(first["size_bytes"]) > 18_000_000


def name_of(row, formula_safe=False):
    if row.get("path_hex"):
        return bytes.fromhex(row["path_hex"])
    path = row["path"]
    return (path[1:] if formula_safe and path[:2] in ("'=", "'+", "'-", "'@", "'\t", "'\r") else path).encode()


def test_hostile_names_are_shown_as_text_and_come_back_exactly(open_page, base):
    page = open_page(f"{base}/hostile/{NIGHT}")
    facts = json.loads((PAGES / "hostile.json").read_text(encoding="utf-8"))["files"]
    assert len(facts) > 290
    says(page, f"All {len(facts)} files.")
    with (PAGES / "hostile.csv").open(encoding="utf-8", newline="") as file:
        commands = list(csv.DictReader(file))
    rows = download(page)
    ours = [dict(zip(rows[0], row)) for row in rows[1:]]
    for column in ("path", "path_hex", "verdict", "size_bytes"):
        assert [row[column] for row in ours] == [row[column] for row in commands]
    # What a reader of the JSON or of the CSV gets back are the bytes that the files are called by.
    names = [bytes.fromhex(line) for line in (PAGES / "hostile.hex").read_text().split()]
    assert [name_of(row) for row in facts] == names
    assert [name_of(row, formula_safe=True) for row in commands] == names
    # Whatever is in view, all the way down: nothing but our own elements, and nothing that acts on a reader.
    acting = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
    seen = set()
    for step in range(0, len(facts), 20):
        page.evaluate("top => { document.querySelector('.list').scrollTop = top * 28; }", step)
        page.wait_for_timeout(50)
        for line in page.locator(".body .file:visible .f-name").all_text_contents():
            assert not acting.search(line)
            seen.add(line)
    # A name with "\\n" written out looks like one with a line's end, and "\\xff" like that byte; the CSV tells them apart.
    assert len(seen) == len(facts) - 2
    assert page.evaluate("document.querySelectorAll('.list :not(div, span, bdi, button)').length") == 0
    assert page.evaluate("document.querySelectorAll('img, iframe, script:not([src])').length") == 0


def test_without_scripts_the_page_says_all_that_matters(open_page, base):
    page = open_page(f"{base}/500/{NIGHT}", java_script_enabled=False)
    text = page.inner_text("main")
    assert "Needs attention:" in text and "MC_O_20200501_000009" in text and "arrived whole" in text
    assert page.locator("svg.bar").is_visible() and page.locator(".plot svg").count() == 2
    assert page.locator(".files tbody tr").count() == 486


def test_the_page_says_so_when_its_data_are_gone(open_page, tmp_path):
    shutil.copytree(PAGES / "410000", tmp_path / "out")
    page = open_page(f"{(tmp_path / 'out').as_uri()}/{NIGHT}")
    says(page, "All 410,000 files.")
    for data in (tmp_path / "out" / "data").glob("2020-*.js"):
        data.unlink()
    page.evaluate("document.querySelector('.list').scrollTop = 9e6")
    says(page, "The rest of this night can't be had: it has been written anew, or the network is away. Load the page again.")
    open_page.faults[:] = [fault for fault in open_page.faults if "Failed to load resource" not in fault]
