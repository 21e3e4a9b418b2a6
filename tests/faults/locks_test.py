"""Who may write: one run at a time, and never a lock that outlives its holder, with locks of the kernel or without."""
import errno
import fcntl
import os
import re
import signal
import subprocess
import sys
import time
import unittest

from harness import SHIM, WRITES, FaultTest, contents
from support import COMMAND, clean_environment, wait_until

RESTARTS = int(os.environ.get("OBSMON_RESTARTS", "100"))
SILENT = 11 * 60  # seconds: longer than a holder elsewhere may be silent
DONE, LOCKED = 0, 5


class Locks(FaultTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(2)
        self.update(1)
        self.lock = self.out / ".monitor.lock"

    def start(self, **variables):
        """A run that has the output folder, and keeps it."""
        process = subprocess.Popen(
            [COMMAND, *map(str, self.arguments), "--num_days", "36000"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=clean_environment(LD_PRELOAD=SHIM, **variables))
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        while not (self.out / "2020-05-01.html").exists():
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        return process


class KeptByTheKernel(Locks):
    def test_no_lock_is_stale_after_any_number_of_kills(self):
        num_calls = len(self.calls(WRITES))
        self.start_over()
        for restart in range(RESTARTS):
            result = self.run_command(FAULT_CALLS=WRITES, FAULT_AT=str(restart % num_calls + 1), FAULT_ACTION="kill")
            # A run that finds much done makes fewer writes than the first, and may end before its turn.
            self.assertIn(result.returncode, (DONE, -signal.SIGKILL), f"{restart}: {result.stderr}")
        self.assert_healed("after all kills")
        print(f"\nkills and restarts: {RESTARTS}/{RESTARTS}, stale locks 0", file=sys.stderr)

    def test_a_file_that_is_replaced_between_its_opening_and_the_lock_is_not_taken_for_the_lock(self):
        self.out.mkdir()
        process = subprocess.Popen(
            [COMMAND, *map(str, self.arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=clean_environment(LD_PRELOAD=SHIM, FAULT_BELOW=f"{self.out}/", FAULT_CALLS="lock", FAULT_AT="1",
                                  FAULT_ACTION="stop"))
        self.addCleanup(process.kill)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        self.lock.unlink()  # as its holder does at the end, and then another run comes
        with self.lock.open("w") as another:
            fcntl.flock(another, fcntl.LOCK_EX)
            process.send_signal(signal.SIGCONT)
            self.assertIn("is writing in this output folder", process.communicate(timeout=60)[1])
        self.assertEqual(process.returncode, LOCKED)
        self.assertTrue(self.lock.exists())


class WithoutLocks(Locks):
    """As on NFS without a lock manager, where each call for a lock in the output folder fails."""

    def no_locks(self, error=errno.ENOLCK):
        return {"FAULT_LOCKS": str(error), "FAULT_LOCKS_BELOW": f"{self.out}/"}

    def without_locks(self):
        return self.run_command(**self.no_locks())

    def assert_held(self, *texts):
        result = self.without_locks()
        self.assertEqual(result.returncode, LOCKED, result.stderr)
        for text in texts:
            self.assertIn(text, result.stderr)

    def assert_free(self):
        result = self.without_locks()
        self.assertEqual((result.returncode, result.stderr), (DONE, ""))
        self.assertFalse([path.name for path in self.out.iterdir() if path.name.startswith(".monitor")])

    def make_silent(self):
        for path in self.out.glob(".monitor.lock*"):
            os.utime(path, (time.time() - SILENT,) * 2)

    def leave(self, edit):
        """A lock file that a killed run has left; `edit` makes of its text what another machine's would be."""
        process = self.start(**self.no_locks())
        process.kill()
        process.wait()
        self.lock.write_text(edit(self.lock.read_text()))

    def test_the_pages_are_the_same(self):
        self.assertEqual(self.run_command().returncode, DONE)
        seen = contents(self.out)
        for error in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            self.start_over()
            self.assertEqual(self.run_command(**self.no_locks(error)).returncode, DONE)
            self.assertEqual(self.difference(contents(self.out), seen), [])
        self.assert_free()

    def test_a_run_keeps_others_out_and_the_rule_is_told(self):
        process = self.start(**self.no_locks())
        self.assert_held(f"process {process.pid} on ", "is writing in this output folder", "not been touched for 10 min")
        self.make_silent()  # it need not give a sign: it is seen to be alive
        self.assert_held(f"process {process.pid} on ")
        self.assertEqual(self.run_command().returncode, LOCKED, "a run that has locks kept by the kernel heeds it too")

    def test_a_killed_run_is_known_to_be_dead_at_once(self):
        self.leave(lambda text: text)
        self.assert_free()

    def test_a_number_that_another_process_has_by_now_keeps_nobody_out(self):
        self.leave(lambda text: re.sub(r" \d+ \d+\n\Z", f" {os.getpid()} 1\n", text))
        self.assert_free()

    def test_a_holder_on_another_machine_or_in_a_container_is_dead_when_it_has_been_silent_for_long(self):
        for here, elsewhere in ("\nfile ", "\nfile 0"), (" pid:[", " pid:[0"):
            with self.subTest(elsewhere):
                self.leave(lambda text: text.replace(here, elsewhere, 1))
                self.assert_held("is writing in this output folder")
                self.make_silent()
                self.assert_free()
                self.start_over()

    def test_a_file_without_text_is_one_that_is_being_made_and_later_a_leftover(self):
        self.out.mkdir()
        self.lock.touch()
        self.assert_held("another process is writing")
        self.make_silent()
        self.assert_free()

    def test_a_takeover_that_was_cut_off_holds_up_one_run(self):
        self.leave(lambda text: text)
        (self.out / ".monitor.lock.takeover").write_text(self.lock.read_text())
        self.assert_held()
        self.assert_free()

    def test_a_holder_on_another_machine_that_lives_keeps_others_out_by_its_signs(self):
        process = self.start(FAULT_HASTE="1000", **self.no_locks())
        self.lock.write_text(self.lock.read_text().replace("\nfile ", "\nfile 0", 1))
        self.make_silent()
        wait_until(lambda: time.time() - self.lock.stat().st_mtime < SILENT / 2, process)
        self.assert_held(f"process {process.pid} on ")

    def test_while_one_run_removes_a_dead_runs_file_another_does_not(self):
        self.leave(lambda text: text)
        first = subprocess.Popen(
            [COMMAND, *map(str, self.arguments)], stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL,
            env=clean_environment(LD_PRELOAD=SHIM, FAULT_BELOW=f"{self.out}/", FAULT_CALLS="unlink", FAULT_AT="1",
                                  FAULT_ACTION="stop", **self.no_locks()))
        self.addCleanup(first.communicate)
        self.addCleanup(first.kill)
        os.waitid(os.P_PID, first.pid, os.WSTOPPED)
        # It has judged the file, and is about to remove it: would it be another run's by then?
        self.assert_held()
        first.send_signal(signal.SIGCONT)
        self.assertEqual((first.communicate(timeout=60)[1], first.returncode), ("", DONE))

    def test_no_link_is_followed_to_a_file_elsewhere(self):
        precious = self.tmp / "precious"
        precious.touch()
        os.utime(precious, (0, 0))
        for name in "clock", "takeover":
            for target in precious, self.tmp / "none":
                with self.subTest(name=name, target=target):
                    self.leave(lambda text: text)
                    link = self.out / f".monitor.lock.{name}"
                    link.symlink_to(target)
                    self.assert_held()
                    self.assertTrue(link.is_symlink())
                    self.assertFalse((self.tmp / "none").exists())
                    self.assertEqual((precious.stat().st_mtime, precious.read_bytes()), (0, b""))
                    link.unlink()
                    self.assert_free()
                    self.start_over()

    def test_each_kill_is_survived(self):
        num_calls = len(self.calls(WRITES))
        waited = 0
        for at in range(1, num_calls + 1):
            self.start_over()
            self.run_command(FAULT_CALLS=WRITES, FAULT_AT=str(at), FAULT_ACTION="kill", **self.no_locks())
            if self.without_locks().returncode == LOCKED:  # it was killed before it had put its name there
                waited += 1
                self.make_silent()
                self.assertEqual(self.without_locks().returncode, DONE, at)
            self.assertEqual(self.difference(contents(self.out), self.after), [], at)
        self.assertLessEqual(waited, 1)
        print(f"\nwithout locks: kill points survived {num_calls}/{num_calls}, {waited} after a wait", file=sys.stderr)

    def test_of_eight_that_find_a_dead_run_at_most_one_works(self):
        for _ in range(3):
            self.leave(lambda text: text)
            (self.out / "2020-05-01.html").unlink()
            runs = [self.start_quietly() for _ in range(8)]
            self.addCleanup(lambda runs=runs: [run.kill() for run in runs])
            ended = 0
            while ended < 7:
                ended = sum(run.poll() is not None for run in runs)
                time.sleep(0.01)
            self.assertLessEqual({run.returncode for run in runs}, {None, LOCKED})
            for run in runs:
                run.kill()
                run.wait()

    def start_quietly(self):
        return subprocess.Popen([COMMAND, *map(str, self.arguments), "--num_days", "36000"], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, env=clean_environment(LD_PRELOAD=SHIM, **self.no_locks()))


if __name__ == "__main__":
    unittest.main()
