"""`obsmon night`: a report on standard output, and nothing written anywhere."""
import contextlib
import csv
import io
import json
import os
import sqlite3
import unittest

from support import CommandTest, as_nobody, needs_nobody_to_run, run, state_of

HOSTILE = [b"quote'\".fits", b"new\nline.fits", b"esc\x1b[31m.fits", b"<img src=x onerror=alert(1)>.fits",
           b"not-utf8-\xff\xfe.fits", "r\u202egnp.fits".encode(), b"=cmd|' !A0.fits"]


class Night(CommandTest):
    def test_shows_every_file_that_needs_attention_in_a_table(self):
        self.stream.arrive_and_ingest(1)
        self.stream.arrive("2020-05-01/AT_O_20200501_000002.fits")
        result = self.night()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("AT_O_20200501_000002.fits", result.stdout)
        self.assertIn("not ingested", result.stdout)

    def test_takes_both_spellings_of_a_night(self):
        self.stream.arrive_and_ingest(1)
        compact = run("night", "20200501", "--input_dir", self.stream.root, "--format", "csv")
        hyphens = run("night", "2020-05-01", "--input_dir", self.stream.root, "--format", "csv")
        self.assertEqual(compact.stdout, hyphens.stdout)

    def test_writes_nothing_anywhere(self):
        self.stream.arrive_and_ingest(2)
        before = state_of(self.tmp)
        for form in ("table", "json", "csv"):
            self.assertEqual(self.night("--format", form, cwd=self.tmp).returncode, 0)
        self.assertEqual(state_of(self.tmp), before)

    def test_json_is_one_object_with_its_schema(self):
        self.stream.arrive_and_ingest(2)
        report = json.loads(self.night("--format", "json").stdout)
        self.assertEqual(report["schema"], 2)
        self.assertEqual(report["night"], "2020-05-01")

    def test_csv_has_a_row_a_file(self):
        self.stream.arrive_and_ingest(2)
        self.stream.arrive("2020-05-01/notes.txt")
        rows = list(csv.reader(io.StringIO(self.night("--format", "csv").stdout)))
        self.assertEqual(len(rows), 1 + 3)

    def test_shows_only_the_verdicts_asked_for_in_both_spellings(self):
        self.stream.arrive_and_ingest(1)
        self.stream.arrive("2020-05-01/small.fits", size=100)
        self.stream.arrive("2020-05-01/big.fits")
        self.stream.arrive("2020-05-01/notes.txt")
        result = self.night("--format", "csv", "--verdict", "not_ingested", "--verdict", "too-small")
        self.assertEqual(len(result.stdout.splitlines()), 1 + 2)

    def test_an_unknown_verdict_is_refused_with_all_and_the_nearest(self):
        self.assert_refused(self.night("--verdict", "not_ingestd"), 2, "'not_ingestd' is no verdict",
                            "artifact_gone", "did you mean 'not_ingested'?")

    def test_json_lines_are_the_files_of_the_json_with_their_stream_and_night(self):
        self.stream.arrive_and_ingest(2)
        self.stream.arrive("2020-05-01/late.fits")
        whole = json.loads(self.night("--format", "json").stdout)
        lines = [json.loads(line) for line in self.night("--format", "jsonl").stdout.splitlines()]
        head = {"schema": 2, "stream": "auxTel", "night": "2020-05-01"}
        when = {"reason": None}  # tells an age, and the two looks are moments apart
        self.assertEqual([line | when for line in lines], [head | file | when for file in whole["files"]])
        [late] = self.night("--format", "jsonl", "--verdict", "not_ingested").stdout.splitlines()
        self.assertEqual(json.loads(late)["path"], "2020-05-01/late.fits")

    def test_an_unknown_format_is_refused(self):
        self.assert_refused(self.night("--format", "xml"), 2, "'xml' is no format: write table, json, jsonl or csv")

    def test_needs_a_night_that_the_calendar_has(self):
        self.assert_refused(run("night", "--input_dir", self.stream.root), 2, "obsmon night NIGHT")
        self.assert_refused(run("night", "202102015", "--input_dir", self.stream.root), 2, "'202102015' is no night")

    def test_a_night_without_files_is_shown(self):
        result = self.night()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("2020-05-01", result.stdout)

    def test_an_input_that_is_not_there_is_named(self):
        result = run("night", "2020-05-01", "--input_dir", self.tmp / "none")
        self.assert_refused(result, 3, self.tmp / "none")
        self.assertEqual(result.stdout, "")

    def test_a_registry_that_stays_locked_makes_the_night_unknown(self):
        self.stream.arrive_and_ingest(1)
        writer = sqlite3.connect(self.stream.registry, isolation_level=None)
        writer.execute("begin exclusive")
        result = self.night("--busy_timeout", "0", "--format", "json")
        writer.close()
        self.assertEqual(result.returncode, 1)
        self.assertIn(str(self.stream.registry), result.stderr)
        self.assertEqual(json.loads(result.stdout)["state"], "unknown")

    def test_a_database_tells_what_never_arrived_and_is_named_when_it_can_not(self):
        self.stream.arrive_and_ingest(1)
        telemetry = self.tmp / "telemetry.sqlite3"
        with contextlib.closing(sqlite3.connect(telemetry)) as database, database:
            database.execute("create table image (name text, night text, taken text)")
            database.executemany("insert into image values (?, '2020-05-01', '2020-05-02 01:00:00')",
                                 [("AT_O_20200501_000001.fits",), ("AT_O_20200501_000002.fits",)])
        expected = ("--expected_sql", f"sqlite:///{telemetry}",
                    "--expected_query", "select name as path, taken as since from image where night = {night}")
        result = self.night(*expected)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("expected since 2020-05-02 01:00:00Z by its manifest", result.stdout)
        ignored = self.night(*expected, "--ignore", "pattern=*_000002.fits,reason=lost at sea", "--verdict", "ignored")
        self.assertIn("left out by a rule: lost at sea", ignored.stdout)
        both = self.night(*expected, "--ignore", "pattern=*_000002.fits,reason=lost at sea",
                          "--ignore", "pattern=*_000003.fits,reason=lost as well", "--verdict", "ignored")
        self.assertIn("left out by a rule: lost at sea", both.stdout)
        telemetry.unlink()
        result = self.night(*expected, "--format", "json")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, rf"^obsmon: {telemetry}: .*; which files are missing is not known\n$")
        night = json.loads(result.stdout)
        self.assertEqual((night["state"], night["counts"]["ingested"]), ("unknown", 1))
        self.assertEqual(night["issues"][0]["path"], str(telemetry))

    def test_an_unreadable_folder_is_named_and_the_rest_is_shown(self):
        needs_nobody_to_run(self)
        self.stream.arrive("2020-05-01/a.fits")
        self.stream.arrive("2020-05-01/closed/b.fits")
        (self.stream.storage / "2020-05-01" / "closed").chmod(0)
        result = self.night("--format", "csv", **as_nobody())
        self.assertEqual(result.returncode, 1)
        self.assertIn("obsmon: ", result.stderr)
        self.assertIn("2020-05-01/closed", result.stderr)
        self.assertIn("a.fits", result.stdout)


class HostileNames(CommandTest):
    def setUp(self):
        super().setUp()
        self.folder = self.stream.storage / "2020-05-01"
        self.folder.mkdir()
        for name in HOSTILE:
            with open(os.path.join(os.fsencode(self.folder), name), "wb") as file:
                file.truncate(57600)

    def test_reach_no_terminal_with_their_control_characters(self):
        result = self.night()
        self.assertEqual(result.returncode, 0)
        self.assertNotIn("\x1b", result.stdout)
        self.assertNotIn("\u202e", result.stdout)
        self.assertIn(r"new\nline.fits", result.stdout)
        self.assertIn(r"esc\x1b[31m.fits", result.stdout)

    def test_come_whole_through_json(self):
        result = self.night("--format", "json")
        self.assertEqual(result.returncode, 0)
        self.assertIn("new\nline.fits", json.dumps(json.loads(result.stdout), ensure_ascii=False).replace("\\n", "\n"))

    def test_make_no_further_rows_in_csv(self):
        rows = list(csv.reader(io.StringIO(self.night("--format", "csv").stdout, newline="")))
        self.assertEqual(len(rows), 1 + len(HOSTILE))
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})

    def test_do_not_stop_an_update_and_are_escaped_on_its_page(self):
        result = self.update()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        page = (self.out / "2020-05-01.html").read_bytes()
        self.assertNotIn(b"<img src=x", page)
        self.assertNotIn(b"\x1b", page)
        page.decode("utf-8")


if __name__ == "__main__":
    unittest.main()
