"""`obsmon update --every`: looks all night."""
import contextlib
import os
import signal
import sqlite3
import subprocess
import time
import unittest

from support import COMMAND, ONE_NIGHT, CommandTest, clean_environment, query, run


class Every(CommandTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(2)
        self.history = self.out / "observing_monitor.sqlite3"

    @contextlib.contextmanager
    def watching(self, *arguments):
        """The command at work; what it has said can be read from self.said afterwards."""
        command = [COMMAND, "update", "--input_dir", str(self.stream.root), "--output_dir", str(self.out),
                   *ONE_NIGHT, "--every", "1s", *arguments]
        with subprocess.Popen(command, env=clean_environment(), text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            try:
                self.wait(self.history.exists)
                yield process
                process.send_signal(signal.SIGTERM)
                self.said, self.complained = process.communicate(timeout=60)
                self.status = process.returncode
            finally:
                process.kill()

    def wait(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline, "what the test waits for does not come")
            time.sleep(0.05)

    def verdicts(self):
        if not self.history.exists():
            return []  # asked all the same, SQLite would make the file
        try:
            return query(self.history, "select verdict, count(*) from transfer group by verdict order by verdict")[0]
        except sqlite3.OperationalError:  # there is a file, but the first look has not yet put its tables in
            return []

    def test_follows_what_arrives_and_says_only_what_is_new(self):
        with self.watching():
            self.wait(lambda: self.verdicts() == [(0, 2)])
            time.sleep(2.5)  # looks at which nothing is new
            self.stream.arrive("2020-05-01/late.fits")
            self.wait(lambda: self.verdicts() == [(0, 2), (10, 1)])
            self.stream.ingest(self.stream.storage / "2020-05-01/late.fits", sequence=3)
            self.wait(lambda: self.verdicts() == [(0, 3)])
        self.assertEqual(self.said.splitlines(), [
            "2020-05-01  complete         2 files: 2 ingested",
            "auxTel: done; 1 night looked at, 1 changed",
            "2020-05-01  needs attention  3 files: 2 ingested, 1 not ingested",
            "2020-05-01  complete         3 files: 3 ingested"])
        self.assertEqual(self.complained, "")

    def test_goes_on_after_a_look_that_failed_and_says_so_once(self):
        away = self.tmp / "away"
        with self.watching():
            self.wait(lambda: self.verdicts() == [(0, 2)])
            os.rename(self.stream.registry, away)
            time.sleep(3.5)
            os.rename(away, self.stream.registry)
            self.stream.arrive("2020-05-01/late.fits")
            self.wait(lambda: self.verdicts() == [(0, 2), (10, 1)])
        self.assertEqual(self.complained.count("registry.sqlite3"), 1, self.complained)
        self.assertEqual(self.said.count("input not readable"), 1, self.said)

    def test_a_signal_ends_it_at_once_and_leaves_no_lock(self):
        with self.watching("--every", "1h"):
            self.wait(lambda: self.verdicts() == [(0, 2)])
            began = time.monotonic()
        self.assertLess(time.monotonic() - began, 30)
        self.assertEqual(self.status, 128 + signal.SIGTERM)
        self.assertEqual(self.update().returncode, 0)

    def test_lets_another_run_have_the_output_between_looks(self):
        with self.watching("--every", "1h"):
            self.wait(lambda: self.verdicts() == [(0, 2)])
            self.wait(lambda: not (self.out / ".monitor.lock").exists())
            self.assertEqual(self.update().returncode, 0)

    def test_a_pause_of_less_than_a_second_is_refused(self):
        for pause in ("0", "-1", "often"):
            self.assert_refused(self.update("--every", pause), 2, "--every", pause)

    def test_wrong_options_end_it_instead_of_being_tried_all_night(self):
        self.assertEqual(run("update", "--input_dir", self.stream.root, "--output_dir", self.out, "--every", "1s",
                             "--first_day", "20200502", "--last_day", "20200501").returncode, 2)


if __name__ == "__main__":
    unittest.main()
