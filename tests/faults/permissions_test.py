"""What is written has the rights that the umask leaves, and no more."""
import os
import stat
import subprocess
import unittest

from harness import FaultTest
from support import COMMAND, ONE_NIGHT, clean_environment


class Permissions(FaultTest):
    def test_follow_the_umask(self):
        self.stream.arrive_and_ingest(1)
        for umask in (0o022, 0o027, 0o077):
            out = self.out.parent / oct(umask)
            subprocess.run([COMMAND, "update", "--quiet", "--input_dir", self.stream.root, "--output_dir", out,
                            "--metrics", out.parent / f"{umask}.prom", *ONE_NIGHT], check=True,
                           env=clean_environment(), umask=umask, timeout=60)
            made = [out, out.parent / f"{umask}.prom", *out.rglob("*")]
            self.assertGreaterEqual(len(made), 4)
            for path in made:
                with self.subTest(path.name, umask=oct(umask)):
                    allowed = (0o777 if path.is_dir() else 0o666) & ~umask
                    self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), allowed)


if __name__ == "__main__":
    unittest.main()
