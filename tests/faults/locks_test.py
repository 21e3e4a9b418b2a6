"""Never does a lock outlive its holder: a run that is killed anywhere is in no later one's way."""
import os
import signal
import sys
import unittest

from harness import WRITES, FaultTest

RESTARTS = int(os.environ.get("OBSMON_RESTARTS", "100"))
DONE = 0


class Locks(FaultTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(2)
        self.update(1)

    def test_no_lock_is_stale_after_any_number_of_kills(self):
        num_calls = len(self.calls(WRITES))
        self.start_over()
        for restart in range(RESTARTS):
            result = self.run_command(FAULT_CALLS=WRITES, FAULT_AT=str(restart % num_calls + 1), FAULT_ACTION="kill")
            # A run that finds much done makes fewer writes than the first, and may end before its turn.
            self.assertIn(result.returncode, (DONE, -signal.SIGKILL), f"{restart}: {result.stderr}")
        self.assert_healed("after all kills")
        print(f"\nkills and restarts: {RESTARTS}/{RESTARTS}, stale locks 0", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
