"""A run may be killed at any moment: nothing that was published is ever half, and the next run makes it good."""
import contextlib
import signal
import sqlite3
import subprocess
import unittest

from harness import HISTORY, WRITES, FaultTest
from support import COMMAND

# As the prototype's last version made it.
PROTOTYPE = """
CREATE TABLE FILE_COUNT (Nite_Obs TEXT PRIMARY KEY, Last_Update TEXT, N_Files INTEGER, Last_Creation TEXT,
  N_Ingest INTEGER, N_Small INTEGER, N_Not_Fits, N_Error INTEGER, Last_Ingest TEXT);
CREATE TABLE TRANSFER_LIST (Filenum INTEGER PRIMARY KEY, Nite_Trans TEXT, Last_Update TEXT, Transfer_Path TEXT,
  Creation_Time TEXT, File_Size INT);
CREATE TABLE INGEST_LIST (FILENUM INTEGER PRIMARY KEY, Ingest_Path TEXT, Nite_Obs TEXT, Last_Update TEXT,
  Ingest_Time TEXT);
"""


class Kill(FaultTest):
    def assert_readable(self, what):
        """What was there before can be asked for, though half a commit is in the way."""
        check = subprocess.run([COMMAND, "check", self.out], capture_output=True, text=True, timeout=60)
        self.assertNotRegex(check.stdout + check.stderr, "readonly|not a database|malformed|disk", what)

    def assert_survives_everywhere(self):
        calls = self.calls(WRITES)
        survived = 0
        points = 0
        for action in ("kill", "half"):
            for at, kind in enumerate(calls, 1):
                if action == "half" and kind != "write":
                    continue
                points += 1
                what = f"{action} at {kind} {at} of {len(calls)}"
                self.start_over()
                result = self.run_command(FAULT_CALLS=WRITES, FAULT_AT=str(at), FAULT_ACTION=action)
                self.assertEqual(result.returncode, -signal.SIGKILL, what)
                self.assert_readable(what)
                self.assert_whole(what)
                self.assert_healed(what)
                survived += 1
        print(f"\n{self.id().rsplit('.', 1)[-1]}: kill points survived {survived}/{points}")

    def test_in_the_first_update_of_six_nights(self):
        for day in range(1, 7):
            self.stream.arrive_and_ingest(2, f"2020-05-{day:02}")
        self.update(6)
        self.assert_survives_everywhere()

    def test_in_an_update_that_finds_changes_in_four_of_six_nights(self):
        for day in range(1, 7):
            self.stream.arrive_and_ingest(2, f"2020-05-{day:02}")
        self.update(6)
        self.assertEqual(self.run_command().returncode, 0)
        self.stream.arrive("2020-05-01/late.fits")
        self.stream.ingest(self.stream.arrive("2020-05-02/more.fits"), "2020-05-02", 3)
        (self.stream.storage / "2020-05-03" / "AT_O_20200503_000001.fits").unlink()
        for sequence in range(10, 60):
            self.stream.arrive(f"2020-05-04/AT_O_20200504_{sequence:06}.fits")
        self.assert_survives_everywhere()

    def test_in_the_takeover_of_a_prototypes_database(self):
        self.stream.arrive_and_ingest(2)
        self.out.mkdir()
        with contextlib.closing(sqlite3.connect(self.out / HISTORY)) as database, database:
            database.executescript(PROTOTYPE)
            for day in range(1, 29):
                night = f"2020-02-{day:02}"
                database.execute("insert into FILE_COUNT values (?, ?, 2, ?, 1, 0, 0, 1, ?)",
                                 (night, night + "T12:00:00", night + "T10:00:00", night + "T11:00:00"))
                for number in range(20):
                    database.execute("insert into TRANSFER_LIST values (?, ?, ?, ?, ?, 57600)",
                                     (day * 1000 + number, night, night + "T12:00:00", f"{night}/{number}.fits",
                                      night + "T10:00:00"))
        self.update(1)
        self.assert_survives_everywhere()

    def test_in_a_summary_over_two_streams(self):
        self.stream.arrive_and_ingest(2)
        self.update(1)
        self.assertEqual(self.run_command().returncode, 0)
        www = self.out.parent
        self.out, self.arguments = www / "all", ["summary", www / "all", www / "auxTel", www / "auxTel"]
        self.assert_survives_everywhere()


if __name__ == "__main__":
    unittest.main()
