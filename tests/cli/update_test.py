"""`obsmon update` on one stream."""
import datetime
import unittest

from support import CommandTest, query, run, state_of


class Update(CommandTest):
    def test_writes_the_pages_the_index_and_the_history(self):
        self.stream.arrive_and_ingest(2)
        result = self.update()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertLessEqual({"index.html", "2020-05-01.html", "observing_monitor.sqlite3"},
                             {path.name for path in self.out.iterdir()})

    def test_prints_a_line_a_night_and_one_for_the_stream(self):
        self.stream.arrive_and_ingest(2)
        self.stream.arrive("2020-04-30/AT_O_20200430_000009.fits")
        result = self.update("--num_days", "3")
        self.assertEqual(result.stdout.splitlines(), [
            "2020-05-01  complete         2 files: 2 ingested",
            "2020-04-30  needs attention  1 file: 1 not ingested",
            "2020-04-29  complete         0 files",
            "auxTel: done; 3 nights looked at, 3 changed",
        ])

    def test_a_second_look_at_nights_without_change_writes_no_page(self):
        self.stream.arrive_and_ingest(2)
        self.update("--last_day", "2020-04-20")  # a night whose folders were never there
        before = (self.out / "2020-04-20.html").stat()
        result = self.update("--last_day", "2020-04-20")
        self.assertEqual(result.stdout.splitlines()[-1].split("; ")[1].split(",")[0], "1 night looked at")
        self.assertEqual((self.out / "2020-04-20.html").stat(), before)

    def test_writes_nothing_below_the_input(self):
        self.stream.arrive_and_ingest(3)
        self.stream.arrive("20200501/sub/deeper/.AT_O_20200501_000009.fits.Ab3xYz")
        before = state_of(self.stream.root)
        self.assertEqual(self.update().returncode, 0)
        self.assertEqual(self.update("--search_links").returncode, 0)
        self.assertEqual(state_of(self.stream.root), before)

    def test_takes_the_two_sides_from_where_they_are(self):
        self.stream.arrive_and_ingest(1)
        result = run("update", "--storage", self.stream.storage, "--repo", self.stream.repo, "--output_dir", self.out,
                     "--last_day", "20200501", "--num_days", "1", "--name", "aux tel")
        self.assertEqual(result.stdout.splitlines()[-1], "aux tel: done; 1 night looked at, 1 changed")

    def test_takes_relative_folders_from_where_it_runs(self):
        self.stream.arrive_and_ingest(1)
        result = run("update", "--input_dir", "data/auxTel", "--output_dir", "out", "--last_day", "2020-05-01",
                     "--num_days", "1", cwd=self.tmp)
        self.assertEqual(result.stdout.splitlines(), ["2020-05-01  complete         1 file: 1 ingested",
                                                      "out: done; 1 night looked at, 1 changed"])
        self.assertTrue((self.tmp / "out" / "index.html").exists())

    def test_looks_at_today_and_yesterday_unless_told_otherwise(self):
        def two_days():
            today = datetime.datetime.now(datetime.timezone.utc).date()
            return [today.isoformat(), (today - datetime.timedelta(days=1)).isoformat()]
        before = two_days()
        result = run("update", "--input_dir", self.stream.root, "--output_dir", self.out)
        nights = [line[:10] for line in result.stdout.splitlines()[:-1]]
        self.assertIn(nights, (before, two_days()))  # midnight may fall in between

    def test_looks_again_at_older_nights_with_open_problems_unless_a_window_is_asked_for(self):
        file = self.stream.arrive("2020-05-01/AT_O_20200501_000001.fits")
        self.assertIn("needs attention", self.update().stdout)
        self.stream.ingest(file)
        self.assertNotIn("2020-05-01", self.update("--last_day", "2020-04-30").stdout)
        result = run("update", "--input_dir", self.stream.root, "--output_dir", self.out, "--grace", "0")
        self.assertIn("2020-05-01  complete         1 file: 1 ingested", result.stdout.splitlines())

    def test_quiet_prints_nothing_where_nothing_is_wrong(self):
        self.stream.arrive_and_ingest(1)
        result = self.update("--quiet", "--query_links")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_quiet_still_says_what_went_wrong(self):
        self.stream.registry.unlink()
        self.assert_refused(self.update("--quiet"), 3, self.stream.repo)

    def test_verbose_tells_which_nights_were_read(self):
        self.stream.arrive_and_ingest(1)
        log = self.tmp / "ingest.log"
        log.touch()
        result = self.update("--verbose", "--ingest_log", log)
        self.assertEqual(result.stderr.splitlines(), ["obsmon: 2020-05-01 was read and its page written"])

    def test_the_history_can_be_read_by_the_prototypes_scripts(self):
        self.stream.arrive_and_ingest(1)
        self.update()
        rows, counts = query(
            self.out / "observing_monitor.sqlite3",
            "select Transfer_Path from TRANSFER_LIST where Transfer_Path like '%AT_O%' and Nite_Trans > '2020-04-30'",
            "select * from FILE_COUNT where Nite_Obs >= '2020-05-01'")
        self.assertEqual(rows, [("2020-05-01/AT_O_20200501_000001.fits",)])
        self.assertEqual((counts[0][0], counts[0][2], counts[0][4]), ("2020-05-01", 1, 1))

    def test_a_removed_file_leaves_no_ghost(self):
        self.stream.arrive_and_ingest(2)
        self.update()
        (self.stream.storage / "2020-05-01" / "AT_O_20200501_000002.fits").unlink()
        self.assertIn("2020-05-01  needs attention  2 files: 1 ingested, 1 artifact gone",
                      self.update().stdout.splitlines())

    def test_both_names_of_a_nights_folder_and_any_depth_are_one_night(self):
        self.stream.arrive("2020-05-01/a.fits")
        self.stream.arrive("20200501/sub/deeper/deepest/b.fits")
        self.assertIn("2 files: 2 not ingested", self.update().stdout)


if __name__ == "__main__":
    unittest.main()
