"""What the system does not give is told in one sentence, and costs what was not done yet."""
import resource
import unittest

from harness import FaultTest
from support import ONE_NIGHT, run


class Limits(FaultTest):
    def test_too_little_memory_is_told(self):
        self.stream.arrive_and_ingest(3)
        ended = set()
        for megabytes in range(30, 200, 5):
            limit = megabytes * 1_000_000
            result = run("update", "--input_dir", self.stream.root, "--output_dir", self.out, *ONE_NIGHT,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
            ended.add(result.returncode)
            with self.subTest(megabytes=megabytes):
                # 1 where it is the registry that could not be read; 127: no room for the libraries.
                self.assertIn(result.returncode, (0, 1, 3, 4, 127), result.stderr)
                self.assertEqual(len(result.stderr.splitlines()), result.returncode != 0, result.stderr)
        self.assertIn(0, ended)


if __name__ == "__main__":
    unittest.main()
