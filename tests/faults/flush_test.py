"""What a power cut asks of a run: nothing has its final name, and nothing is committed, before the disk has it."""
import pathlib
import unittest

from harness import HISTORY, FaultTest


class Flush(FaultTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(2)
        self.stream.arrive_and_ingest(1, "2020-05-02")
        self.update(2)
        self.calls()
        self.run_calls = [tuple(line.split(" ", 1)) for line in self.paths]

    def places(self, kind, path, calls):
        return [at for at, call in enumerate(calls) if call == (kind, str(path))]

    def assert_flushed(self, path, calls):
        """Whatever `calls` write into the file is flushed by them too."""
        written, flushed = self.places("write", path, calls), self.places("sync", path, calls)
        self.assertTrue(written, f"{path} is not written")
        self.assertTrue(flushed and written[-1] < flushed[-1], f"{path} is not flushed after it was written")

    def test_a_file_is_flushed_before_it_has_its_name_and_its_folder_afterwards(self):
        renamed = [at for at, (kind, _) in enumerate(self.run_calls) if kind == "rename"]
        self.assertGreaterEqual(len(renamed), 7)  # two nights and an index, with their data and the script
        for at in renamed:
            file = pathlib.Path(self.run_calls[at][1])
            self.assert_flushed(file.with_name(f".{file.name}.obsmon"), self.run_calls[:at])
            next_flushed = next(path for kind, path in self.run_calls[at:] if kind == "sync")
            self.assertEqual(next_flushed, str(file.parent), f"{file} may lose its name")

    def transactions(self):
        """The calls of each: up to where its journal goes."""
        begin = 0
        for end in self.places("unlink", self.out / f"{HISTORY}-journal", self.run_calls):
            yield self.run_calls[begin:end]
            begin = end

    def test_the_history_is_changed_after_its_journal_is_flushed_and_committed_after_it_is_itself(self):
        changed = [calls for calls in self.transactions() if self.places("write", self.out / HISTORY, calls)]
        self.assertTrue(changed)
        for calls in changed:
            first_write = self.places("write", self.out / HISTORY, calls)[0]
            self.assert_flushed(self.out / f"{HISTORY}-journal", calls[:first_write])
            self.assert_flushed(self.out / HISTORY, calls)

    def test_the_pages_of_the_nights_are_there_before_the_history_says_so(self):
        calls = list(self.transactions())[-1]
        written = self.places("write", self.out / HISTORY, calls)[0]
        for night in ("2020-05-01", "2020-05-02"):
            self.assertLess(self.places("rename", self.out / f"{night}.html", calls)[0], written)


if __name__ == "__main__":
    unittest.main()
