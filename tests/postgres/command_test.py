"""The command, as the prototype was called with --gen 3, against the server that ctest starts."""
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

OBSMON = os.environ["OBSMON"]
ADDRESS = pathlib.Path(os.environ["OBSMON_TEST_POSTGRES"])

TABLES = """
CREATE TABLE nts_auxtel_files (id bigint PRIMARY KEY, relpath varchar, filename varchar, checksum varchar,
  size_bytes bigint, added_on timestamp);
CREATE TABLE nts_auxtel_gen3_file_events (ingest_ver varchar, start_time timestamp, duration interval,
  err_message text, status varchar, files_id bigint);
INSERT INTO nts_auxtel_files VALUES (1, '20200501', 'a.fits', 'a', 1, '2020-05-02 01:00:00'),
  (2, '20200501', 'b.fits', 'b', 1, '2020-05-02 01:00:01');
INSERT INTO nts_auxtel_gen3_file_events (start_time, status, err_message, files_id) VALUES
  ('2020-05-02 01:00:02', 'PENDING', NULL, 1), ('2020-05-02 01:00:03', 'SUCCESS', NULL, 1),
  ('2020-05-02 01:00:03', 'FAILURE', 'no <header>', 2);
"""


@unittest.skipUnless(ADDRESS.exists(), "no PostgreSQL server runs")
class Gen3OfThePrototype(unittest.TestCase):
    def setUp(self):
        self.folder, self.port = ADDRESS.read_text().split("\n")[:2]
        self.database = f"command_{os.getpid()}_{self._testMethodName.lower()[:30]}"
        self.psql("postgres", f"CREATE DATABASE {self.database}")
        self.addCleanup(self.psql, "postgres", f"DROP DATABASE {self.database} WITH (FORCE)")
        self.psql(self.database, TABLES)
        tree = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, tree)
        self.input = tree / "NCSA_auxTel"
        self.output = tree / "out"
        night = self.input / "storage/20200501"
        night.mkdir(parents=True)
        for name in "a.fits", "b.fits", "c.fits":
            (night / name).write_bytes(bytes(20_000))

    def psql(self, database, sql):
        subprocess.run(["psql", "-q", "-h", self.folder, "-p", self.port, "-U", "obsmon", "-d", database,
                        "-v", "ON_ERROR_STOP=1", "-c", sql], check=True, stdin=subprocess.DEVNULL)

    def update(self, *options, **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "OBSMON", "RSYMON"))}
        return subprocess.run([OBSMON, "update", "--gen", "3", "--input_dir", self.input, "--output_dir", self.output,
                               "--first_day", "20200501", "--last_day", "20200501", "--grace", "0", *options],
                              capture_output=True, text=True, env=clean | environment)

    def update_by_environment(self, *options):
        return self.update(*options, PGHOST=self.folder, PGPORT=self.port, PGUSER="obsmon", PGDATABASE=self.database)

    def rows(self, sql):
        with sqlite3.connect(self.output / "observing_monitor.sqlite3") as history:
            return history.execute(sql).fetchall()

    def test_reads_the_event_tables_of_its_folder_from_where_the_environment_says(self):
        result = self.update_by_environment()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("1 ingested, 1 failed, 1 not ingested", result.stdout)
        page = (self.output / "2020-05-01_gen3.html").read_text()
        self.assertIn("no &lt;header&gt;", page)
        self.assertTrue((self.output / "index_gen3.html").exists())
        self.assertEqual(self.rows("SELECT Nite_Obs, N_Files, N_Ingest, N_Small, N_Not_Fits, N_Error, Last_Transfer, "
                                   "Last_Ingest FROM FILE_COUNT_GEN3"),
                         [("2020-05-01", 2, 1, 0, 0, 1, "2020-05-02T01:00:01", "2020-05-02T01:00:03")])

    def test_sees_a_new_event_at_the_next_look(self):
        self.update_by_environment()
        self.psql(self.database, "INSERT INTO nts_auxtel_gen3_file_events (start_time, status, files_id) VALUES "
                                 "('2020-05-02 02:00:00', 'SUCCESS', 2)")
        self.assertIn("2 ingested", self.update_by_environment().stdout)
        self.assertEqual(self.rows("SELECT N_Ingest FROM FILE_COUNT_GEN3"), [(2,)])

    def test_a_server_that_is_down_makes_the_night_unknown_and_keeps_what_was_known(self):
        self.update_by_environment()
        result = self.update("--registry_events", "postgresql://reader@127.0.0.1:1/lsst", PGPASSWORD="sesame")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("postgresql://reader@127.0.0.1:1/lsst", result.stderr)
        self.assertIn("Connection refused", result.stderr)
        self.assertEqual(self.rows("SELECT state, ingested FROM night"), [(3, 1)])
        self.assertNotIn("sesame", result.stdout + result.stderr)
        for file in self.output.rglob("*"):
            if file.is_file():
                self.assertNotIn(b"sesame", file.read_bytes(), file)

    def test_a_password_on_the_command_line_is_refused_and_not_repeated(self):
        result = self.update("--registry_events", "postgresql://reader:sesame@127.0.0.1/lsst")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--registry_events: postgresql://reader@127.0.0.1/lsst: a password must not stand here",
                      result.stderr)
        self.assertNotIn("sesame", result.stdout + result.stderr)

    def test_a_missing_table_is_told_and_nothing_is_written(self):
        result = self.update_by_environment("--registry_prefix", "nts_comcam_")
        self.assertEqual(result.returncode, 3)
        self.assertIn('"nts_comcam_files" does not exist', result.stderr)
        self.assertFalse(self.output.exists())


if __name__ == "__main__":
    unittest.main()
