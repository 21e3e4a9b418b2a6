"""`obsmon check`: one line and one of four exit statuses, for Nagios, Icinga and cron."""
import datetime
import re
import signal
import sqlite3
import subprocess
import unittest

from support import COMMAND, CommandTest, run

# text | 'label'=value[unit];[warning];[critical];[minimum] ...
LINE = re.compile(r"^OBSMON (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+"
                  r"( \|( ('[^'=]+'|[a-z_0-9]+)=-?\d+(\.\d+)?s?;[@~:\d]*;[@~:\d]*;\d*)+)?\n$")


class Check(CommandTest):
    def check(self, *arguments):
        result = run("check", *arguments)
        self.assertRegex(result.stdout, LINE)
        self.assertEqual(result.stderr, "")
        return result.returncode, result.stdout

    def test_is_ok_when_all_is_ingested(self):
        self.stream.arrive_and_ingest(3)
        self.update()
        status, line = self.check(self.out, "--since", "2020-05-01")
        self.assertEqual(status, 0)
        self.assertIn("OBSMON OK - auxTel: 3 files in 1 night since 2020-05-01", line)

    def test_is_critical_when_a_file_is_not_ingested_and_a_warning_on_request(self):
        self.stream.arrive_and_ingest(3)
        self.stream.arrive("2020-05-01/late.fits")
        self.update()
        status, line = self.check(self.out, "--since", "2020-05-01")
        self.assertEqual(status, 2)
        self.assertIn("1 file arrived but is not ingested", line)
        self.assertEqual(self.check(self.out, "--since", "20200501", "--critical", "1")[0], 1)
        self.assertEqual(self.check(self.out, "--since", "20200501", "--critical", "~:", "--warning", "~:1")[0], 0)
        status, line = self.check(self.out, "--since", "20200502")
        self.assertEqual(status, 3)
        self.assertIn("no night since 2020-05-02", line)

    def test_is_worried_by_files_that_took_long(self):
        self.stream.arrive_and_ingest(3)
        self.update()
        since = ("--since", "2020-05-01", "--latency", "creation_to_ingest")
        status, line = self.check(self.out, *since, "--p95_warning", "1d", "--longest_critical", "1d")
        self.assertEqual(status, 0)
        self.assertRegex(line, r" p95=[\d.]+s;86400;; longest=[\d.]+s;;86400;$")
        status, line = self.check(self.out, *since, "--p95_warning", "@0:1d")
        self.assertEqual(status, 1)
        self.assertIn("95 % of 3 files took up to", line)

    def test_a_span_looks_back_over_every_night_of_which_a_part_lies_in_it(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        night = (now - datetime.timedelta(hours=12)).strftime("%Y-%m-%d")
        self.stream.arrive(f"{night}/late.fits")
        run("update", "--input_dir", self.stream.root, "--output_dir", self.out, "--grace", "0", "--last_day", night)
        self.assertIn(night, self.check(self.out, "--since", "1min")[1])

    def test_is_unknown_when_the_monitor_has_stopped(self):
        self.stream.arrive_and_ingest(1)
        self.update()
        self.assertEqual(self.check(self.out, "--max_age", "1h", "--since", "2020-05-01")[0], 0)
        status, line = self.check(self.out, "--max_age", "0")
        self.assertEqual(status, 3)
        self.assertIn("last looked at", line)

    def test_takes_max_age_from_the_streams_file(self):
        self.stream.arrive_and_ingest(1)
        self.update()
        config = self.out.parent / "streams.yaml"
        config.write_text(f"streams:\n- {{name: aux, input_dir: {self.stream.root}, output_dir: {self.out}, max_age: 0}}\n")
        status, line = self.check("--config", config, "--since", "2020-05-01")
        self.assertEqual(status, 3)
        self.assertIn("last looked at", line)
        self.assertIn("s;;0;0", line)
        self.assertEqual(self.check("--config", config, "--since", "2020-05-01", "--max_age", "1h")[0], 0)

    def test_takes_max_age_from_the_streams_pages(self):
        self.stream.arrive_and_ingest(1)
        self.update("--max_age", "0")
        status, line = self.check(self.out, "--since", "2020-05-01")
        self.assertEqual((status, "last looked at" in line), (3, True), line)

    def test_ends_soon_when_it_is_told_to_while_a_history_is_locked(self):
        self.stream.arrive_and_ingest(1)
        self.update()
        lock = sqlite3.connect(self.out / "observing_monitor.sqlite3", isolation_level=None)
        self.addCleanup(lock.close)
        lock.execute("BEGIN EXCLUSIVE")
        check = subprocess.Popen([COMMAND, "check", self.out], stdout=subprocess.PIPE, text=True)
        with self.assertRaises(subprocess.TimeoutExpired):
            check.wait(0.5)
        check.terminate()
        self.assertEqual(check.wait(10), 128 + signal.SIGTERM)
        self.assertIn("locked", check.communicate()[0])

    def test_is_unknown_where_there_is_no_history_and_makes_none(self):
        status, line = self.check(self.out / "none")
        self.assertEqual(status, 3)
        self.assertNotIn("|", line)
        self.assertIn("none", line)
        self.assertFalse((self.out / "none").exists())

    def test_checks_the_streams_of_a_file(self):
        self.stream.arrive_and_ingest(1)
        self.update()
        config = self.out.parent / "streams.yaml"
        config.write_text(f"streams:\n- {{name: aux, input_dir: {self.stream.root}, output_dir: {self.out}}}\n"
                          f"- {{name: gone, input_dir: {self.stream.root}, output_dir: {self.out}2}}\n")
        status, line = self.check("--config", config, "--since", "2020-05-01")
        self.assertEqual(status, 3)
        self.assertIn("'aux files'=1", line)
        self.assertEqual(self.check("--config", config, "--stream", "aux", "--since", "2020-05-01")[0], 0)

    def test_wrong_options_are_unknown_too_and_said_where_a_plugins_caller_reads(self):
        for arguments in ([], ["--nonsense"], ["--critical"], [self.out, "--critical", "many"], [self.out, "--since", "soon"],
                          [self.out, "--max_age", "old"], [self.out, "--warning", "5:1"], [self.out, "--p95_warning", ""],
                          [self.out, "--latency", "ingest"], [self.out, "--config", "streams.yaml"]):
            result = run("check", *arguments)
            self.assertEqual(result.returncode, 3, arguments)
            self.assertRegex(result.stdout, r"^OBSMON UNKNOWN - [^|\n]+\n$", arguments)
            self.assertEqual(result.stderr, "", arguments)


if __name__ == "__main__":
    unittest.main()
