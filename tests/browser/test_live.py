"""How old the data are, and whether the monitor is alive."""
import time

from conftest import until


def with_status(open_page, looked_ago, address, changed=0):
    """Opens a page as if the last look had been so many seconds ago."""
    now = time.time() * 1000
    body = (f"obsmon.status({{lookedAt:{now - looked_ago * 1000:.0f},maxAge:900000,"
            f"nights:{{\"2020-05-01\":{changed}}}}});")
    context = open_page.browser.new_context()
    open_page.contexts.append(context)
    context.route("**/status.js*", lambda route: route.fulfill(body=body, content_type="text/javascript"))
    page = context.new_page()
    page.on("pageerror", lambda error: open_page.faults.append(str(error)))
    page.goto(address)
    return page


def test_a_young_look_is_told_in_passing(open_page, base):
    page = with_status(open_page, 180, f"{base}/500/2020-05-01.html")
    until(page, "document.querySelector('#live').textContent.includes('Last look 3 min ago.')")
    assert "stopped" not in page.get_attribute("#live", "class")


def test_a_monitor_that_has_stopped_is_told_loudly_on_nights_and_index(open_page, base):
    for name in ("2020-05-01.html", "index.html"):
        page = with_status(open_page, 11_100, f"{base}/500/{name}")
        page.wait_for_selector("#live.stopped")
        assert "The monitor has stopped: its last look was 3 h 05 min ago" in page.inner_text("#live")


def test_a_status_that_can_no_longer_be_read_is_not_taken_for_a_monitor_that_has_stopped(open_page, base):
    page = with_status(open_page, 11_100, f"{base}/500/2020-05-01.html")
    until(page, "document.querySelector('#live').textContent.includes('The monitor has stopped')")
    page.context.route("**/status.js*", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    until(page, "document.querySelector('#live').textContent.includes(\"The status can't be read now: the last look known was 3 h 05 min ago\")")
    assert "has stopped" not in page.inner_text("#live")


def test_a_monitor_that_looks_every_second_is_not_called_stopped_before_it_is_asked(open_page, base):
    context = open_page.browser.new_context()
    open_page.contexts.append(context)
    looked = {"at": None}  # the last look; None: one at each question
    context.route("**/status.js*", lambda route: route.fulfill(
        body=f"obsmon.status({{lookedAt:{looked['at'] or time.time() * 1000:.0f},maxAge:2500,nights:{{}}}});",
        content_type="text/javascript"))
    page = context.new_page()
    page.on("pageerror", lambda error: open_page.faults.append(str(error)))
    page.add_init_script("""document.addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
      if (document.querySelector('#live.stopped')) window.shouted = true;
    }).observe(document.querySelector('#live'), {attributes: true}))""")
    page.goto(f"{base}/500/2020-05-01.html")
    page.wait_for_timeout(8000)
    assert not page.evaluate("window.shouted")
    looked["at"] = time.time() * 1000
    page.wait_for_selector("#live.stopped")
    assert "The monitor has stopped" in page.inner_text("#live")


def test_a_page_that_comes_into_view_asks_at_once(open_page, base):
    page = with_status(open_page, 10, f"{base}/500/2020-05-01.html")
    until(page, "document.querySelector('#live').textContent.includes('Last look')")
    with page.expect_request("**/status.js*", timeout=5000):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_summary_tells_how_old_it_is_itself_and_by_words_which_monitor_has_stopped(open_page, base):
    page = with_status(open_page, 180, f"{base}/summary/index.html")
    until(page, "document.querySelector('#live').textContent.includes('Summary made 3 min ago.')")
    assert "stopped" not in page.get_attribute("#live", "class")
    assert "seems to have stopped: its last look was 3 h 00 min before this page was made" in page.inner_text(".streams")
    assert "ook just now" not in page.inner_text("main")
    page = with_status(open_page, 11_100, f"{base}/summary/index.html")
    page.wait_for_selector("#live.stopped")
    assert "No summary is made any more: the last one was made 3 h 05 min ago" in page.inner_text("#live")


def test_a_page_that_stays_open_counts_on(open_page, base):
    page = with_status(open_page, 10, f"{base}/500/2020-05-01.html")
    until(page, "/Last look 1[0-9] s ago/.test(document.querySelector('#live').textContent)")
    before = page.inner_text("#live")
    until(page, "before => document.querySelector('#live').innerText !== before", arg=before)


def test_a_night_that_has_changed_offers_the_newer_page_and_loads_it_only_if_asked_to(open_page, base):
    page = with_status(open_page, 10, f"{base}/500/2020-05-01.html", changed=int(time.time() * 1000))
    page.wait_for_selector("text=Show the newer page")
    page.evaluate("window.mark = 1")
    page.click("text=Reload by itself")
    until(page, "window.mark === undefined")
    assert page.url.endswith("#refresh=on")
    # What is the same after loading is not loaded again for ever; a newer one is.
    page.wait_for_selector("text=Stop reloading by itself")
    page.wait_for_selector("text=Show the newer page")  # its own status has come
    page.evaluate("window.mark = 2; obsmon.status({lookedAt: Date.now(), maxAge: 9e5, nights: {'2020-05-01': 1}})")
    assert page.evaluate("window.mark") == 2
    page.evaluate("obsmon.status({lookedAt: Date.now(), maxAge: 9e5, nights: {'2020-05-01': Date.now() + 1000}})")
    until(page, "window.mark === undefined")
    page.click("text=Stop reloading by itself")
    assert "refresh" not in page.url


def test_a_folder_without_status_says_that_nothing_can_be_told(open_page, base):
    page = open_page(f"{base}/500/2020-05-01.html")
    page.route("**/status.js*", lambda route: route.abort())
    page.reload()
    until(page, "document.querySelector('#live').textContent.includes(\"can't be told\")")
    open_page.faults.clear()
