"""Each call by which a run reads and writes fails once: the run ends in order, and the next one makes it good."""
import collections
import errno
import unittest

from harness import FaultTest, contents, state_of

# What each kind of call may fail with on local and network disks. `short`: half of the bytes.
ERRORS = {
    "open": [errno.EACCES, errno.EMFILE, errno.EIO, errno.ESTALE, errno.EINTR],
    "create": [errno.EACCES, errno.EMFILE, errno.EIO, errno.ENOSPC, errno.EINTR],
    "read": [errno.EIO, errno.ESTALE, errno.EINTR, "short"],
    "write": [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EINTR, "short"],
    "sync": [errno.EIO, errno.ENOSPC, errno.EINTR],
    "truncate": [errno.EIO],
    "rename": [errno.EACCES, errno.EIO, errno.ENOSPC],
    "unlink": [errno.EACCES, errno.EIO],
    "mkdir": [errno.EACCES, errno.ENOSPC],
    "stat": [errno.EACCES, errno.EIO, errno.ESTALE],
    "list": [errno.EIO, errno.ESTALE],
    "link": [errno.EIO, errno.ESTALE],
    "lock": [errno.ENOLCK, errno.EINTR, errno.EIO],
}
MEMORY = {"folder", "night"}  # where the history keeps by what it knows that nothing has changed
STATUSES = {0, 1, 3, 4, 5}  # documented, all but 2: the options are right
CARRIED_ON = {"read", "write", "lock"}  # after a signal, or where a half was done
PUBLISHES = {"create", "truncate", "write", "sync", "rename"}  # without one of these a page is not there


def wanted_status(kind, path, error):
    """The exit status that a run must have in which this call fails; None: any that is documented."""
    if error in (errno.EINTR, "short") and kind in CARRIED_ON:
        return 0
    if kind in PUBLISHES and (kind == "rename" or path.endswith(".obsmon")):
        return 0 if (kind, error) == ("create", errno.EINTR) else 4
    return None


class Errors(FaultTest):
    def assert_told(self, at, error):
        """The run in which this call fails ends in order, and the next makes it good; gives the exit status."""
        self.start_over()
        result = self.run_command(FAULT_AT=str(at), FAULT_ACTION=str(error))
        wanted = wanted_status(*self.paths[at - 1].split(" ", 1), error)
        self.assertIn(result.returncode, STATUSES if wanted is None else {wanted}, result.stderr)
        if result.returncode == 0:
            self.assertEqual(result.stderr, "")
            # It may remember less of what it has seen, and look there again; what it says is the same.
            self.assertEqual(set(self.difference(contents(self.out), self.after)) - MEMORY, set())
        else:
            self.assertRegex(result.stderr, r"\A(obsmon: .+\n)+\Z")
            for page in self.out.glob("*.html"):
                self.assertTrue(page.read_bytes().rstrip().endswith(b"</html>"), page.name)
        self.assert_healed(result.stderr)
        return result.returncode

    def assert_every_error_is_told(self):
        calls = self.calls()
        paths = self.paths
        told = collections.Counter()
        for at, kind in enumerate(calls, 1):
            for error in ERRORS[kind]:
                name = errno.errorcode.get(error, error)
                with self.subTest(f"{name} at call {at} of {len(calls)}: {paths[at - 1]}"):
                    told[self.assert_told(at, error)] += 1
        print(f"\n{self.id().rsplit('.', 1)[-1]}: faults {sum(told.values())}/{sum(told.values())},",
              ", ".join(f"{count} ended with {status}" for status, count in sorted(told.items())))

    def test_in_the_first_update(self):
        self.stream.arrive_and_ingest(2)
        self.stream.arrive("2020-05-01/20200501/late.fits")
        self.update(1)
        before = state_of(self.stream.root)
        self.assert_every_error_is_told()
        self.assertEqual(state_of(self.stream.root), before)

    def test_in_an_update_that_finds_a_change(self):
        self.stream.arrive_and_ingest(2)
        self.stream.arrive_and_ingest(1, "2020-05-02")
        self.update(2)
        self.assertEqual(self.run_command().returncode, 0)
        self.stream.arrive("2020-05-02/late.fits")
        self.assert_every_error_is_told()


if __name__ == "__main__":
    unittest.main()
