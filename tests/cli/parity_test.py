"""The numbers of the prototype: what its scripts read from the history is what the prototype itself would have written."""
import json
import subprocess
import sys
import unittest

from prototype_oracle import Prototype
from support import SHARED, CommandTest, run

PARITY = SHARED / "parity"
CASES = ("latiss", "raft", "search")
WINDOW = ["--last_day", "20200504", "--num_days", "5"]


@unittest.skipUnless(PARITY.is_dir(), "the prototype's answers are not beside this checkout")
class Parity(CommandTest):
    maxDiff = None

    def lay_out(self, case, seed):
        root = self.tmp / f"{case}-{seed}"
        subprocess.run([sys.executable, "-B", PARITY / "make_repo.py", case, str(seed), root], check=True)
        return root

    def dump_of(self, case, root):
        """What the history holds after two updates: the second must change nothing."""
        out = root / "out"
        links = ["--search_links"] if case == "search" else []
        dumps = []
        for _ in range(2):
            result = run("update", "--input_dir", root, "--output_dir", out, *WINDOW, *links)
            self.assertEqual(result.returncode, 0, result.stderr)
            dumps.append(json.loads(subprocess.run([sys.executable, "-B", PARITY / "dump_db.py", out], check=True,
                                                   capture_output=True).stdout))
        self.assertEqual(dumps[0], dumps[1])
        return dumps[0]

    def assert_alike(self, found, wanted):
        for table, rows in wanted.items():
            self.assertEqual(found[table], rows, table)

    def test_the_oracle_gives_the_prototypes_own_answers(self):
        for case in CASES:
            with self.subTest(case=case):
                answer = json.loads((PARITY / "answers" / f"{case}-1.json").read_text())
                oracle = Prototype(self.lay_out(case, 1), "20200504", 5, search_links=case == "search")
                self.assert_alike(oracle.dump(), answer)

    def test_updates_give_the_prototypes_own_answers(self):
        for case in CASES:
            with self.subTest(case=case):
                answer = json.loads((PARITY / "answers" / f"{case}-1.json").read_text())
                self.assert_alike(self.dump_of(case, self.lay_out(case, 1)), answer)

    def test_updates_give_what_the_prototypes_rules_say_for_other_seeds(self):
        for case in CASES:
            for seed in range(2, 11):
                with self.subTest(case=case, seed=seed):
                    root = self.lay_out(case, seed)
                    oracle = Prototype(root, "20200504", 5, search_links=case == "search")
                    self.assert_alike(self.dump_of(case, root), oracle.dump())


if __name__ == "__main__":
    unittest.main()
