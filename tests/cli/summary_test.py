"""`obsmon summary`: one page over several streams."""
import unittest

from support import CommandTest, run


class Summary(CommandTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(1)
        self.update()
        self.www = self.out.parent

    def test_writes_one_page_with_a_link_to_each_stream(self):
        result = run("summary", self.www, "auxTel", cwd="/")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, f"{self.www}/index.html: 1 stream\n")
        page = (self.www / "index.html").read_text()
        self.assertIn("auxTel/index.html", page)
        self.assertIn("2020-05-01", page)

    def test_names_a_stream_without_history_and_shows_the_others(self):
        result = run("summary", self.www, "auxTel", "none")
        self.assertEqual(result.returncode, 1)
        self.assertIn("none", result.stderr)
        self.assertFalse((self.www / "none").exists())
        self.assertIn("auxTel", (self.www / "index.html").read_text())

    def test_changes_no_streams_history(self):
        history = self.out / "observing_monitor.sqlite3"
        before = (history.stat(), history.read_bytes())
        run("summary", self.www, "auxTel")
        self.assertEqual((history.stat().st_mtime_ns, history.read_bytes()), (before[0].st_mtime_ns, before[1]))

    def test_needs_a_folder_and_a_stream(self):
        self.assert_refused(run("summary"), 2, "obsmon summary OUT STREAM...")
        self.assert_refused(run("summary", self.www), 2, "obsmon summary OUT STREAM...")
        self.assert_refused(run("summary", "", "auxTel"), 2, "OUT is an empty text")

    def test_an_output_that_can_not_be_written_is_named(self):
        self.assert_refused(run("summary", self.out / "index.html", self.out), 4, self.out / "index.html")


if __name__ == "__main__":
    unittest.main()
