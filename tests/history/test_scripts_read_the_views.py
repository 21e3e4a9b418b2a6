"""Scripts written for the prototype's database read obsmon's history with Python's own sqlite3.

Run by ctest, with the program that writes a history in OBSMON_WRITE_SAMPLE_HISTORY.
"""

import os
import sqlite3
import subprocess
import tempfile
import unittest


class ScriptsReadTheViews(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([os.environ["OBSMON_WRITE_SAMPLE_HISTORY"], cls.folder.name], check=True)
        cls.db = sqlite3.connect(f"file:{cls.folder.name}/observing_monitor.sqlite3?mode=ro", uri=True)

    @classmethod
    def tearDownClass(cls):
        cls.db.close()
        cls.folder.cleanup()

    def test_main_page_reads_the_counts_of_recent_nights(self):
        cursor = self.db.execute("select * from FILE_COUNT where Nite_Obs >= '2020-05-01'")
        self.assertEqual(
            [column[0] for column in cursor.description],
            ["Nite_Obs", "Last_Update", "N_Files", "Last_Creation", "N_Ingest", "N_Small", "N_Not_Fits", "N_Error",
             "Last_Ingest"])
        self.assertEqual(
            cursor.fetchall(),
            [("2020-05-01", "2020-05-02T12:00:00", 3, "0000-00-00T00:00:00", 1, 0, 1, 1, "0000-00-00T00:00:00")])

    def test_photodiode_copy_finds_its_files(self):
        rows = self.db.execute(
            "select Transfer_Path from TRANSFER_LIST where Transfer_Path like '%Photo%txt' and Nite_Trans > '2020-04-30'"
        ).fetchall()
        self.assertEqual(rows, [("20200501/MC_C_1/Photodiode_Readings_1.txt",)])

    def test_lists_are_joined_by_file_number(self):
        rows = self.db.execute(
            "select Transfer_Path, Ingest_Path, Filenum from TRANSFER_LIST t join INGEST_LIST i using (Filenum)").fetchall()
        self.assertEqual(rows, [("20200501/a'b\"c.fits", "raw/2020-05-01/a.fits", 72049)])

    def test_name_that_is_not_utf8_comes_as_bytes_and_stops_nobody(self):
        names = [row[0] for row in self.db.execute("select Transfer_Path from TRANSFER_LIST")]
        self.assertIn(b"20200501/not\xffutf8.fits", names)
        self.assertIn(os.fsencode("20200501/a'b\"c.fits").decode(), names)

    def test_largest_inode_number_fits_an_integer(self):
        smallest = self.db.execute("select min(Filenum) from TRANSFER_LIST").fetchone()[0]
        self.assertEqual(smallest, -(2**63))

    def test_gen3_views_are_there_and_empty(self):
        for view in ("FILE_COUNT_GEN3", "FILE_LIST_GEN3"):
            self.assertEqual(self.db.execute(f"select * from {view}").fetchall(), [])


if __name__ == "__main__":
    unittest.main()
