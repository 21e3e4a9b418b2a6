"""Input that is not as it should be: one sentence, its exit status, and every earlier output whole."""
import os
import sqlite3
import unittest

from support import CommandTest, as_nobody, needs_nobody_to_run, query, state_of


class BadInput(CommandTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(2)
        self.update()
        self.before = self.outputs()

    def outputs(self):
        return {path: state for path, state in state_of(self.out).items() if not path.endswith(".monitor.lock")}

    def assert_unreadable(self, *parts):
        result = self.update("--busy_timeout", "0")
        self.assert_refused(result, 3, *parts)
        self.assertEqual(result.stdout, "auxTel: broken off: input not readable\n")
        self.assertEqual(self.outputs(), self.before)

    def test_no_input_folder(self):
        self.stream.root.rename(self.tmp / "gone")
        self.assert_unreadable(self.stream.root)

    def test_no_storage(self):
        self.stream.storage.rename(self.tmp / "gone")
        self.assert_unreadable(self.stream.storage)

    def test_storage_that_is_a_file(self):
        self.stream.storage.rename(self.tmp / "gone")
        self.stream.storage.write_text("")
        self.assert_unreadable(self.stream.storage)

    def test_no_repository(self):
        self.stream.repo.rename(self.tmp / "gone")
        self.assert_unreadable(self.stream.repo)

    def test_no_registry(self):
        self.stream.registry.unlink()
        self.assert_unreadable(self.stream.repo)

    def test_a_registry_that_is_no_database(self):
        self.stream.registry.write_text("this is no database, but as long as the header of one\n" * 20)
        self.assert_unreadable(self.stream.registry)

    def test_a_database_without_the_table_raw(self):
        self.stream.change("alter table raw rename to cooked")
        self.assert_unreadable(self.stream.registry, "raw")

    def test_a_truncated_database(self):
        self.stream.change("create table filler as with recursive n(i) as (select 1 union all select i + 1 from n"
                           " limit 5000) select i, hex(randomblob(50)) from n")
        os.truncate(self.stream.registry, 6000)
        self.assert_unreadable(self.stream.registry)

    def test_an_empty_file_for_a_registry(self):
        os.truncate(self.stream.registry, 0)
        self.assert_unreadable(self.stream.registry)

    def test_a_registry_without_permission(self):
        needs_nobody_to_run(self)
        self.stream.registry.chmod(0)
        self.out.chmod(0o777)
        result = self.update(**as_nobody())
        self.assertIn(result.returncode, (3, 4))  # 4: root's own history may not be written by nobody
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_a_locked_registry_makes_the_night_unknown_and_what_was_known_stays(self):
        self.stream.arrive("2020-05-01/AT_O_20200501_000003.fits")
        writer = sqlite3.connect(self.stream.registry, isolation_level=None)
        writer.execute("begin exclusive")
        result = self.update("--busy_timeout", "0")
        writer.close()
        self.assertEqual(result.returncode, 1)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(str(self.stream.registry), result.stderr)
        self.assertIn("2020-05-01  unknown", result.stdout)
        self.assertIn("auxTel: done, but some of the input could not be read", result.stdout)
        counts, = query(self.out / "observing_monitor.sqlite3", "select N_Ingest from FILE_COUNT")
        self.assertEqual(counts, [(2,)])

    def test_a_locked_registry_is_seen_as_it_is_once_it_is_free(self):
        writer = sqlite3.connect(self.stream.registry, isolation_level=None)
        writer.execute("begin exclusive")
        self.update("--busy_timeout", "0")
        writer.close()
        self.assertIn("2020-05-01  complete", self.update().stdout)

    def test_an_unreadable_folder_in_the_middle_is_named_and_the_rest_is_reported(self):
        needs_nobody_to_run(self)
        self.stream.arrive("2020-05-01/closed/AT_O_20200501_000004.fits")
        closed = self.stream.storage / "2020-05-01" / "closed"
        closed.chmod(0)
        self.out = self.tmp / "fresh"
        self.out.mkdir()
        self.out.chmod(0o777)
        result = self.update(**as_nobody())
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(str(closed), result.stderr)
        self.assertIn("2 ingested", result.stdout)
        self.assertIn("closed", (self.out / "2020-05-01.html").read_text())

    def test_a_log_or_a_list_that_can_not_be_read_is_told_and_the_night_is_what_it_is_without(self):
        broken = self.tmp / "taken.json"
        broken.write_text("{")
        for option, file, part in [("--ingest_log", self.tmp / "none.log", "a log that can't be read: No such file or"
                                    " directory; correct ingest_log"),
                                   ("--rsync_log", self.tmp, "a log that can't be read: is no file; correct rsync_log"),
                                   ("--manifest", broken, "a manifest that can't be used")]:
            with self.subTest(option=option):
                result = self.update(option, file)
                self.assert_refused(result, 1, f"{file}: {part}")
                self.assertIn("2020-05-01  complete         2 files: 2 ingested", result.stdout)
                self.assert_refused(self.night(option, file), 1, f"{file}: {part}")

    def test_a_dangling_link_is_an_artifact_that_is_gone(self):
        (self.stream.storage / "2020-05-01" / "AT_O_20200501_000002.fits").unlink()
        result = self.update()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("1 ingested, 1 artifact gone", result.stdout)


if __name__ == "__main__":
    unittest.main()
