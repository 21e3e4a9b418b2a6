"""The lists of nights and of streams."""


def test_the_calendar_has_a_word_and_a_link_for_each_night(open_page, base):
    page = open_page(f"{base}/500/index.html")
    night = page.locator(".month a").filter(has_text="1").first
    assert night.get_attribute("href") == "2020-05-01.html"
    assert night.get_attribute("aria-label") == "2020-05-01: Needs attention"
    assert page.locator(".month").first.locator("caption").text_content() == "May 2020"
    # A month's first day stands below its day of the week: 2020-05-01 was a Friday.
    assert page.locator(".month").first.locator("tbody tr").first.locator("td").nth(4).text_content() == "1"
    night.click()
    page.wait_for_url("**/2020-05-01.html")


def test_problems_stand_above_the_list_and_the_sparklines_have_words(open_page, base):
    page = open_page(f"{base}/500/index.html", java_script_enabled=False)
    order = page.evaluate("[...document.querySelectorAll('.problems, .calendar, .sparks, .nights')].map(at => at.className)")
    assert order == ["problems", "calendar", "sparks", "nights"]
    assert all(label.startswith(("Files a night", "From creation to ingest"))
               for label in page.locator(".spark svg").evaluate_all("all => all.map(at => at.getAttribute('aria-label'))"))


def test_the_summary_tells_how_each_stream_is(open_page, base):
    page = open_page(f"{base}/summary/index.html")
    assert "LSSTCam" in page.inner_text(".streams")
    page.locator(".streams a").first.click()
    page.wait_for_url("**/500/index.html")
