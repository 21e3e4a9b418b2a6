"""Several runs, signals and terminals."""
import fcntl
import os
import pty
import signal
import subprocess
import unittest

from support import COMMAND, CommandTest, clean_environment, query, wait_until

LONG = ["--num_days", "36000", "--last_day", "2020-05-01", "--grace", "0"]  # for which no one would wait


class LongRun(CommandTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(1)

    def start(self, *arguments, **options):
        process = subprocess.Popen(
            [COMMAND, "update", "--input_dir", self.stream.root, "--output_dir", self.out, *LONG, *arguments],
            env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        wait_until((self.out / "2020-05-01.html").exists, process)
        return process

    def test_keeps_another_out(self):
        process = self.start()
        result = self.update()
        self.assertEqual(result.returncode, 5)
        self.assertIn("obsmon: ", result.stderr)
        self.assertIn(str(process.pid), result.stderr)
        self.assertEqual(result.stdout, "auxTel: not updated: another run holds the output\n")

    def test_of_eight_at_once_one_works_and_seven_say_so(self):
        first = self.start()
        others = [subprocess.Popen([COMMAND, "update", "--input_dir", self.stream.root, "--output_dir", self.out, *LONG],
                                   env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                  for _ in range(7)]
        for process in others:
            out, err = process.communicate(timeout=60)
            self.assertEqual((process.returncode, out), (5, "auxTel: not updated: another run holds the output\n"))
            self.assertIn(str(first.pid), err)
        self.assertIsNone(first.poll())

    def test_leaves_no_lock_behind_when_it_is_killed(self):
        process = self.start()
        process.kill()
        process.wait()
        self.assertEqual(self.update().returncode, 0)

    def test_ends_on_interrupt_with_nothing_half_written(self):
        for stop, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(signal=stop):
                process = self.start()
                process.send_signal(stop)
                out, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, status)
                self.assertEqual(out, "auxTel: stopped\n")
                self.assertEqual(len(err.splitlines()), 1, err)
                for page in self.out.glob("*.html"):
                    self.assertTrue(page.read_text().rstrip().endswith("</html>"), page)
                self.assertEqual([path.name for path in self.out.iterdir()
                                  if path.suffix not in (".html", ".sqlite3", ".lock") and
                                  path.name not in (".monitor.lock", "data")], [])
                check, = query(self.out / "observing_monitor.sqlite3", "pragma integrity_check")
                self.assertEqual(check, [("ok",)])
                self.assertEqual(self.update().returncode, 0)
                (self.out / "2020-05-01.html").unlink()

    def test_ignores_an_interrupt_that_its_parent_had_it_ignore(self):
        process = self.start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        process.send_signal(signal.SIGINT)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
        # Of a second signal it would have died at once, and said nothing.
        self.assertEqual((process.returncode, out), (143, "auxTel: stopped\n"))


class Lock(CommandTest):
    def test_an_empty_lock_file_of_the_prototype_does_no_harm(self):
        self.out.mkdir(parents=True)
        (self.out / ".monitor.lock").write_text("")
        self.assertEqual(self.update().returncode, 0)

    def test_held_by_another_process_ends_the_run_with_5(self):
        self.out.mkdir(parents=True)
        with open(self.out / ".monitor.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertEqual(self.update().returncode, 5)
        self.assertEqual(self.update().returncode, 0)


class Terminal(CommandTest):
    """What a person sees: the command with a terminal for both outputs."""

    def run_on_terminal(self, *arguments, interrupt_at=None, **variables):
        """Runs to the end, or until `interrupt_at` is shown and then with an interrupt."""
        terminal, end = pty.openpty()
        process = subprocess.Popen([COMMAND, *map(str, arguments)], stdout=end, stderr=end, stdin=end,
                                   env=clean_environment(**variables))
        os.close(end)
        shown = b""
        try:
            while chunk := os.read(terminal, 65536):
                shown += chunk
                if interrupt_at and interrupt_at in shown:
                    process.send_signal(signal.SIGINT)
                    interrupt_at = None
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(terminal)
        return process.wait(), shown.decode("utf-8", "surrogateescape")

    def test_short_work_shows_no_progress(self):
        self.stream.arrive_and_ingest(1)
        status, shown = self.run_on_terminal("update", "--input_dir", self.stream.root, "--output_dir", self.out,
                                             "--last_day", "20200501", TERM="xterm")
        self.assertEqual(status, 0)
        self.assertNotIn("\x1b", shown)

    def test_long_work_shows_how_far_it_has_come_on_one_line_that_is_gone_at_the_end(self):
        update = ["update", "--input_dir", self.stream.root, "--output_dir", self.out, *LONG]
        status, shown = self.run_on_terminal(*update, interrupt_at=b" of 36000", TERM="xterm")
        self.assertEqual(status, 130)
        self.assertIn("\r\x1b[KauxTel: nights ", shown)
        last_progress = shown.rindex(" of 36000")
        self.assertNotIn("\n", shown[:last_progress])
        self.assertTrue(shown[last_progress + len(" of 36000"):].startswith("\r\x1b[Kobsmon: stopped"), shown[-200:])

    def show_night(self, **variables):
        self.stream.arrive("2020-05-01/a.fits")
        return self.run_on_terminal("night", "20200501", "--input_dir", self.stream.root, "--grace", "0",
                                    **variables)[1]

    def test_a_table_has_colours_only_where_they_are_wanted(self):
        self.assertIn("\x1b[", self.show_night(TERM="xterm"))
        self.assertNotIn("\x1b", self.show_night(TERM="xterm", NO_COLOR="1"))
        self.assertNotIn("\x1b", self.show_night(TERM="dumb"))

    def test_names_of_files_can_not_talk_to_the_terminal(self):
        self.stream.arrive("2020-05-01/evil\x1b]0;owned\x07.fits")
        self.assertNotIn("\x1b]0", self.show_night(TERM="xterm"))

    def test_messages_can_not_talk_to_the_terminal(self):
        status, shown = self.run_on_terminal("night", "20200501", "--input_dir", self.tmp / "x\x1b]0;owned\x07",
                                             TERM="xterm")
        self.assertEqual(status, 3)
        self.assertNotIn("\x1b]0", shown)
        self.assertIn("\\x1b]0;owned", shown)


if __name__ == "__main__":
    unittest.main()
