"""The input is never written: no call of a whole run could have, and it is afterwards as it was."""
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import harness  # noqa: F401  which finds support
from support import COMMAND, ONE_NIGHT, Stream, clean_environment, state_of

# Calls that change a file, a folder or what is said of them, whatever their arguments are.
CHANGES = ("creat mkdir mkdirat mknod mknodat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink "
           "symlinkat truncate ftruncate fallocate chmod fchmod fchmodat chown fchown lchown fchownat utime utimes "
           "utimensat futimesat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr write pwrite64 "
           "writev pwritev pwritev2 copy_file_range sendfile").split()
OPENS = ["open", "openat", "openat2"]
WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE")


@unittest.skipUnless(shutil.which("strace"), "needs strace")
class Input(unittest.TestCase):
    def setUp(self):
        self.tmp = pathlib.Path(tempfile.mkdtemp(prefix="obsmon-input-")).resolve()
        self.addCleanup(shutil.rmtree, self.tmp)
        self.stream = Stream(self.tmp / "data" / "auxTel")
        self.out = self.tmp / "www"
        self.stream.arrive_and_ingest(5)
        self.stream.arrive("2020-05-01/late.fits")

    def trace(self, *arguments):
        """The calls of a run that could write below the input; strace resolves each descriptor to its path."""
        log = self.tmp / "trace"
        command = ["strace", "-f", "-y", "-qq", "-s", "0", "-o", log, "-e", "trace=" + ",".join(CHANGES + OPENS),
                   COMMAND, *arguments]
        result = subprocess.run(list(map(str, command)), env=clean_environment(), capture_output=True, text=True,
                                timeout=300, check=False)
        if "PTRACE" in result.stderr or "Operation not permitted" in result.stderr:
            self.skipTest("this user may not trace")
        self.assertEqual(result.returncode, 0, result.stderr)
        calls = log.read_text(errors="replace").splitlines()
        self.assertTrue(any("openat(" in call for call in calls))
        self.num_calls += len(calls)
        return [call for call in calls if f"{self.stream.root}" in call and self.could_write(call)]

    @staticmethod
    def could_write(call):
        name = re.match(r"(?:\d+ +)?(\w+)\(", call)
        return name is not None and (name[1] not in OPENS or WRITING.search(call) is not None)

    def assert_input_is_not_written(self):
        self.num_calls = 0
        before = state_of(self.stream.root)
        source = ["--input_dir", self.stream.root]
        runs = [("update", *source, "--output_dir", self.out, *ONE_NIGHT),
                ("update", *source, "--output_dir", self.out, *ONE_NIGHT),  # which looks a second time
                ("update", *source, "--output_dir", self.tmp / "links", "--search_links", *ONE_NIGHT),
                ("night", "2020-05-01", *source, "--grace", "0")]
        found = [call for run in runs for call in self.trace(*run)]
        self.assertEqual(found, [])
        self.assertEqual(state_of(self.stream.root), before)
        print(f"\ncalls that write or open: {self.num_calls} in {len(runs)} runs, below the input 0", file=sys.stderr)

    def test_with_a_registry_in_rollback_mode(self):
        self.assert_input_is_not_written()

    def test_with_a_registry_in_wal_mode_that_a_writer_keeps_open(self):
        writer = sqlite3.connect(self.stream.registry)
        self.addCleanup(writer.close)
        writer.execute("pragma journal_mode = wal")
        writer.execute("update raw set filter = 'x'")
        writer.commit()
        self.assert_input_is_not_written()

    def test_of_which_the_trace_would_tell(self):
        self.num_calls = 0
        (self.stream.root / "www").mkdir()
        self.assertNotEqual(self.trace("update", "--input_dir", self.stream.root, "--output_dir",
                                       self.stream.root / "www", *ONE_NIGHT), [])


if __name__ == "__main__":
    unittest.main()
