"""Output that can't be written: one sentence, exit status 4, and what was there before is whole."""
import os
import resource
import subprocess
import unittest

from support import COMMAND, CommandTest, as_nobody, clean_environment, needs_nobody_to_run, query, run, state_of


class OutputFolder(CommandTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(2)

    def test_that_is_a_file_is_refused(self):
        self.out.parent.mkdir()
        self.out.write_text("mine")
        self.assert_refused(self.update(), 4, self.out)
        self.assertEqual(self.out.read_text(), "mine")

    def test_below_a_file_is_refused(self):
        self.out.parent.write_text("mine")
        self.assert_refused(self.update(), 4, self.out)

    def test_without_permission_is_refused(self):
        needs_nobody_to_run(self)
        self.out.mkdir(parents=True)
        self.out.chmod(0o555)
        self.assert_refused(self.update(**as_nobody()), 4, self.out, "ermission denied")
        self.assertEqual(list(self.out.iterdir()), [])

    def test_that_can_not_be_made_is_refused(self):
        needs_nobody_to_run(self)
        self.out.parent.mkdir()
        self.out.parent.chmod(0o555)
        self.assert_refused(self.update(**as_nobody()), 4, self.out, "ermission denied")

    def test_with_a_history_that_is_no_database_leaves_it_as_it_is(self):
        self.out.mkdir(parents=True)
        history = self.out / "observing_monitor.sqlite3"
        history.write_text("something of someone else's, longer than a header\n" * 30)
        before = history.read_bytes()
        self.assert_refused(self.update(), 4, history)
        self.assertEqual(history.read_bytes(), before)


class FullDisk(CommandTest):
    """A disk that fills up while an update writes."""

    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(2)
        self.out.mkdir(parents=True)

    def history(self):
        check, counts = query(self.out / "observing_monitor.sqlite3", "pragma integrity_check",
                              "select Nite_Obs, N_Files, N_Ingest from FILE_COUNT order by 1")
        self.assertEqual(check, [("ok",)])
        return counts

    def pages(self):
        return {path.name: path.read_bytes() for path in self.out.glob("*.html")}

    def assert_keeps_what_was_there(self, **options):
        self.assertEqual(self.update().returncode, 0)
        history, pages = self.history(), self.pages()
        for number in range(3000):
            self.stream.arrive(f"2020-05-01/a-file-with-a-name-of-some-length-{number:06}.fits")
        result = self.update(**options)
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertEqual(self.history(), history)
        self.assertEqual({name: self.pages()[name] for name in pages}, pages)
        self.assertEqual(sorted(self.pages()), sorted(pages))

    def test_keeps_what_was_there_when_a_file_may_not_grow(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        self.assert_keeps_what_was_there(preexec_fn=limit)

    def test_keeps_what_was_there_when_the_disk_is_full(self):
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "obsmon-test", self.out],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("no right to mount a small disk here")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.out], check=True)
        self.assert_keeps_what_was_there()

    def test_is_made_good_by_the_next_run(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))
        self.assertEqual(self.update(preexec_fn=limit).returncode, 4)
        self.assertEqual(self.update().returncode, 0)
        self.assertEqual(self.history(), [("2020-05-01", 2, 2)])


class Results(CommandTest):
    """Results that can't be printed are a failure, and never a crash."""

    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(2)

    def assert_unprinted(self, result):
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "obsmon: the results could not be written to standard output\n")

    def test_to_a_full_device(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            self.assert_unprinted(self.update(stdout=full))
        self.assertTrue((self.out / "index.html").exists())

    def test_to_a_reader_that_has_left(self):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "w") as pipe:
            self.assert_unprinted(self.night("--format", "json", stdout=pipe))

    def test_to_a_closed_descriptor_and_never_into_a_file_of_ours(self):
        before = state_of(self.stream.root)
        result = subprocess.run(
            ["/bin/sh", "-c", 'exec "$@" >&-', "sh", COMMAND, "update", "--input_dir", self.stream.root,
             "--output_dir", self.out, "--last_day", "20200501", "--num_days", "1"],
            env=clean_environment(), stderr=subprocess.PIPE, text=True, check=False)
        self.assert_unprinted(result)
        self.assertEqual(state_of(self.stream.root), before)
        self.assertTrue((self.out / "observing_monitor.sqlite3").read_bytes().startswith(b"SQLite format 3\0"))
        self.assertNotIn(b"looked at,", (self.out / "index.html").read_bytes())

    def test_of_a_run_that_failed_keep_its_own_status(self):
        self.stream.registry.unlink()
        with open("/dev/full", "w", encoding="ascii") as full:
            self.assertEqual(self.update(stdout=full).returncode, 3)

    def test_help_counts_too(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            self.assert_unprinted(run("help", stdout=full))


if __name__ == "__main__":
    unittest.main()
