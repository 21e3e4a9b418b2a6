"""How pages look and are read: accessible, at all widths, dark and light, on paper. Pictures are kept for people to look at."""
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import PAGES, WORK, until

FACES = {
    "light": {"viewport": {"width": 1400, "height": 1000}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1400, "height": 1000}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 320, "height": 640}, "color_scheme": "light"},
    "wall": {"viewport": {"width": 2560, "height": 1440}, "color_scheme": "dark"},
    "calm": {"viewport": {"width": 1400, "height": 1000}, "reduced_motion": "reduce", "forced_colors": "active"},
}
KINDS = ("500/2020-05-01.html", "500/index.html", "410000/2020-05-01.html", "hostile/2020-05-01.html", "summary/index.html")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("face", FACES)
def test_is_accessible_and_fits_its_screen(open_page, face, kind):
    page = open_page(f"{PAGES.as_uri()}/{kind}", **FACES[face])
    until(page, "/Last look|Summary made/.test(document.querySelector('#live').textContent)")
    page.screenshot(path=WORK / "shots" / f"{face}-{kind.replace('/', '-')}.png", full_page=True)
    # Nothing makes the page itself wider than the screen.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    grave = [(fault["id"], node["target"], node["failureSummary"]) for fault in Axe().run(page).response["violations"]
             for node in fault["nodes"] if fault["impact"] in ("serious", "critical")]
    assert not grave


@pytest.mark.parametrize("width", (320, 800, 1400))
def test_a_long_name_of_a_folder_fits_the_screen_and_a_short_one_one_line(open_page, width):
    page = open_page(f"{PAGES.as_uri()}/500/2020-05-01.html", viewport={"width": width, "height": 900})
    assert page.evaluate("[...document.querySelectorAll('.exposures th a')].every(name => name.getClientRects().length === 1)")
    page.evaluate("document.querySelector('.exposures th[scope=row]').textContent = '2020-05-01/' + 'x'.repeat(244) + '/'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", (320, 375, 704, 720, 860, 1024, 1280, 1344, 1345, 1400))
def test_the_end_of_a_name_is_seen_in_a_window_of_any_width(open_page, width):
    page = open_page(f"{PAGES.as_uri()}/500/2020-05-01.html", viewport={"width": width, "height": 900})
    page.wait_for_selector(".body .file")
    assert page.evaluate("""() => [...document.querySelectorAll('.body .file:not([hidden])')].every((line) => {
      const box = line.querySelector('.f-name').getBoundingClientRect(), name = line.querySelector('bdi').getBoundingClientRect();
      return name.width > 150 && name.left >= box.left - 1 && name.right <= box.right + 1;
    })""")
    # Nor is what stands beside it cut off, or on another row.
    assert page.evaluate("""() => [...document.querySelectorAll('.body .file:not([hidden])')].every((line) => {
      const all = line.getBoundingClientRect();
      return [...line.children].every((cell) => cell.matches('.f-name') || !cell.checkVisibility()
        || (cell.scrollWidth <= cell.clientWidth && cell.getBoundingClientRect().bottom <= all.bottom + 1));
    })""")
    page.locator(".list").scroll_into_view_if_needed()
    page.screenshot(path=WORK / "shots" / f"list-{width}.png")


def test_what_sorts_the_list_is_high_enough_for_a_finger(open_page):
    page = open_page(f"{PAGES.as_uri()}/500/2020-05-01.html", **FACES["phone"])
    page.wait_for_selector(".list .file")
    assert min(page.locator(".head button:visible").evaluate_all("all => all.map(at => at.getBoundingClientRect().height)")) >= 24
    assert page.locator(".body .file").first.evaluate("line => line.getBoundingClientRect().height") >= 24


def test_blanks_in_a_name_that_needs_attention_are_all_seen(open_page):
    page = open_page(f"{PAGES.as_uri()}/500/2020-05-01.html")
    assert page.locator(".reasons tbody th").first.evaluate("""name => {
      name.textContent = 'a b';
      const one = document.createRange();
      one.selectNodeContents(name);
      const narrow = one.getBoundingClientRect().width;
      name.textContent = 'a    b';
      one.selectNodeContents(name);
      return one.getBoundingClientRect().width > narrow;
    }""")


def test_all_that_acts_is_reached_by_tab_and_shows_its_focus(open_page):
    page = open_page(f"{PAGES.as_uri()}/500/2020-05-01.html")
    page.wait_for_selector(".list .file")
    page.evaluate("document.querySelectorAll('.exposures a, .reasons a').forEach(link => { link.tabIndex = -1; })")
    reached = []
    for _ in range(80):
        page.keyboard.press("Tab")
        where = page.evaluate("""() => {
          const at = document.activeElement;
          return [at.id || at.getAttribute('class') || at.tagName, getComputedStyle(at).outlineStyle !== 'none' || at.matches('.sensor')];
        }""")
        reached.append(where[0])
        assert where[1] or where[0] == "BODY", where
    for name in ("CANVAS", "search", "exposure", "detector", "list"):
        assert name in reached, reached
    assert any(name.startswith("sensor") for name in reached) and any(name.startswith("chip") for name in reached)


def test_on_paper_what_only_a_screen_can_do_is_left_out(open_page):
    page = open_page(f"{PAGES.as_uri()}/500/2020-05-01.html")
    page.wait_for_selector(".list .file")
    page.emulate_media(media="print")
    for selector in (".controls", ".list", ".live button", "nav"):
        assert not page.locator(selector).first.is_visible(), selector
    assert page.locator(".verdict").is_visible() and page.locator(".exposures").first.is_visible()
    page.pdf(path=WORK / "shots" / "night.pdf")
