"""A registry in each state in which its writers leave it: the right counts, and nothing of the input touched."""
import os
import signal
import sqlite3
import unittest

from support import CommandTest, as_nobody, needs_nobody_to_run, query, state_of

# More than the writer's cache: what is not committed is in the registry's file, or in its log.
UNCOMMITTED = """
pragma cache_size = 2;
begin;
delete from raw;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
  insert into raw (dayObs, seqNum, visit, expId) select '2020-05-01', i, i, i from n;
"""


class RegistryStates(CommandTest):
    """Of three files, the registry lists two; where something of a writer is still there, it has left the third out."""

    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(2)
        self.stream.arrive("2020-05-01/AT_O_20200501_000003.fits")
        self.journal, self.log, self.index = (
            self.stream.registry.with_name(f"{self.stream.registry.name}-{suffix}") for suffix in ("journal", "wal", "shm"))

    def killed_writer(self, script):
        """A process that is killed in the middle of it; what it has open is neither closed nor rolled back."""
        child = os.fork()
        if child == 0:
            sqlite3.connect(self.stream.registry, isolation_level=None).executescript(script)
            os.kill(os.getpid(), signal.SIGKILL)
        self.assertEqual(os.WTERMSIG(os.waitpid(child, 0)[1]), signal.SIGKILL)

    def to_log(self, script):
        """Changes that are in a write-ahead log alone."""
        return f"pragma journal_mode = wal; pragma wal_autocheckpoint = 0; {script}"

    def leave_two_to_the_log(self):
        """The registry's own file lists one file; its log, in which it lists two, is a killed writer's."""
        self.stream.change("update raw set dayObs = '1999-01-01' where seqNum = 2")
        self.killed_writer(self.to_log("update raw set dayObs = '2020-05-01'; " + UNCOMMITTED))
        self.assertTrue(self.log.exists())

    def assert_read(self, **options):
        """Two looks and one from the command that writes nothing, with the right counts, and without a trace."""
        before = state_of(self.stream.root)
        for look in (self.update, self.update, self.night):
            result = look(**options)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"ingested +2 .*\n(?:.*\n)*not ingested +1 ")
        self.assertEqual(query(self.out / "observing_monitor.sqlite3", "select N_Files, N_Ingest, N_Error from FILE_COUNT"),
                         [[(3, 2, 1)]])
        self.assertEqual(state_of(self.stream.root), before)

    def assert_read_only(self):
        """The same, by a user who may not write there, as on a snapshot or a mirror."""
        self.out.mkdir(parents=True, exist_ok=True)
        self.out.chmod(0o777)
        for folder, _, names in os.walk(self.stream.root):
            os.chmod(folder, 0o555)
            for name in names:
                if not os.path.islink(os.path.join(folder, name)):
                    os.chmod(os.path.join(folder, name), 0o444)
        self.assert_read(**as_nobody())

    def test_a_hot_journal_of_a_killed_writer(self):
        self.killed_writer(UNCOMMITTED)
        self.assertGreater(self.journal.stat().st_size, 0)
        self.assertGreater(self.stream.registry.stat().st_size, 100_000)
        self.assert_read()

    def test_a_log_whose_writer_is_at_work(self):
        writer = sqlite3.connect(self.stream.registry, isolation_level=None)
        self.addCleanup(writer.close)
        writer.executescript(self.to_log("update raw set dayObs = '1999-01-01'; update raw set dayObs = '2020-05-01';"
                                         + UNCOMMITTED))
        self.assert_read()
        writer.execute("commit")
        self.assertIn("3 not ingested", self.update().stdout, "what is committed counts")

    def test_a_log_of_a_killed_writer(self):
        self.leave_two_to_the_log()
        self.assert_read()
        self.index.unlink()  # as in a copy by rsync
        self.assert_read()

    def test_a_log_whose_writers_all_went_in_order(self):
        self.stream.change("pragma journal_mode = wal")
        self.assertFalse(self.log.exists())
        self.assert_read()

    def test_a_folder_that_may_only_be_read(self):
        needs_nobody_to_run(self)
        self.assert_read_only()

    def test_a_hot_journal_in_a_folder_that_may_only_be_read(self):
        needs_nobody_to_run(self)
        self.killed_writer(UNCOMMITTED)
        self.assert_read_only()

    def test_a_log_in_a_folder_that_may_only_be_read(self):
        needs_nobody_to_run(self)
        self.leave_two_to_the_log()
        self.assert_read_only()


if __name__ == "__main__":
    unittest.main()
