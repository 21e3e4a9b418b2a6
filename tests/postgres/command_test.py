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


def run(*arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "OBSMON", "RSYMON"))}
    return subprocess.run([OBSMON, *arguments], capture_output=True, text=True, env=clean | environment)


@unittest.skipUnless(ADDRESS.exists(), "no PostgreSQL server runs")
class OnAServer(unittest.TestCase):
    """With a database of its own, and a night of three files."""

    def setUp(self):
        self.folder, self.port = ADDRESS.read_text().split("\n")[:2]
        self.database = f"command_{os.getpid()}_{self._testMethodName.lower()[:30]}"
        self.psql("postgres", f"CREATE DATABASE {self.database}")
        self.addCleanup(self.psql, "postgres", f"DROP DATABASE {self.database} WITH (FORCE)")
        self.tree = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.tree)
        self.input = self.tree / "NCSA_auxTel"
        self.output = self.tree / "out"
        night = self.input / "storage/20200501"
        night.mkdir(parents=True)
        for name in "a.fits", "b.fits", "c.fits":
            (night / name).write_bytes(bytes(20_000))

    def psql(self, database, sql):
        return subprocess.run(["psql", "-qAt", "-h", self.folder, "-p", self.port, "-U", "obsmon", "-d", database,
                               "-v", "ON_ERROR_STOP=1", "-c", sql], check=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True).stdout.splitlines()


class Gen3OfThePrototype(OnAServer):
    def setUp(self):
        super().setUp()
        self.psql(self.database, TABLES)

    def update(self, *options, **environment):
        return run("update", "--gen", "3", "--input_dir", self.input, "--output_dir", self.output, "--first_day",
                   "20200501", "--last_day", "20200501", "--grace", "0", *options, **environment)

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


class SharedHistory(OnAServer):
    NIGHT = ["--first_day", "20200501", "--last_day", "20200501", "--grace", "0"]

    def setUp(self):
        super().setUp()
        raw = self.input / "gen2repo/raw/2020-05-01"
        raw.mkdir(parents=True)
        (raw / "a.fits").symlink_to(self.input / "storage/20200501/a.fits")
        self.uri = f"postgresql://obsmon@{self.folder.replace('/', '%2F')}:{self.port}/{self.database}"

    def update(self, name, *options, **environment):
        return run("update", "--input_dir", self.input, "--output_dir", self.tree / name, "--search_links", *self.NIGHT,
                   "--history", self.uri, *options, **environment)

    def test_two_streams_share_it_and_summary_and_check_read_it(self):
        for name in "auxTel", "comCam":
            result = self.update(name)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("3 files: 1 ingested, 2 not ingested", result.stdout)
            self.assertFalse((self.tree / name / "observing_monitor.sqlite3").exists())
            self.assertIn("2020-05-01", (self.tree / name / "index.html").read_text())
        self.assertEqual(self.psql(self.database, "SELECT stream, n_files, n_ingest FROM obsmon.file_count ORDER BY 1"),
                         ["auxTel|3|1", "comCam|3|1"])

        summary = run("summary", self.tree, "auxTel", "comCam", "--history", self.uri)
        self.assertEqual(summary.returncode, 0, summary.stderr)
        page = (self.tree / "index.html").read_text()
        self.assertIn('href="auxTel/index.html"', page)
        self.assertIn('href="comCam/index.html"', page)

        check = run("check", "auxTel", "comCam", "--since", "2020-05-01", OBSMON_HISTORY=self.uri)
        self.assertEqual(check.returncode, 2, check.stdout)
        self.assertIn("auxTel: 2020-05-01: 2 files arrived but are not ingested", check.stdout)
        unknown = run("check", "latiss", "--history", self.uri)
        self.assertEqual(unknown.returncode, 3)
        self.assertIn("there is no history of stream 'latiss' yet", unknown.stdout)

    def test_rows_of_files_that_have_not_changed_are_not_written_again(self):
        self.update("auxTel")
        rows = "SELECT xmin, path FROM obsmon.transfer ORDER BY path"
        first = self.psql(self.database, rows)
        self.assertEqual(self.update("auxTel").returncode, 0)
        self.assertEqual(self.psql(self.database, rows), first)
        (self.input / "storage/20200501/d.fits").write_bytes(bytes(20_000))
        self.assertIn("3 not ingested", self.update("auxTel").stdout)
        self.assertEqual([row for row in self.psql(self.database, rows) if row in first], first)

    def test_a_server_that_is_down_ends_the_run_and_leaves_the_pages_as_they_were(self):
        self.assertEqual(self.update("auxTel").returncode, 0)
        output = self.tree / "auxTel"
        before = {file: file.read_bytes() for file in output.rglob("*") if file.is_file()}
        (self.input / "storage/20200501/d.fits").write_bytes(bytes(20_000))
        result = self.update("auxTel", "--history", "postgresql://writer@127.0.0.1:1/history", PGPASSWORD="sesame")
        self.assertEqual(result.returncode, 4)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn("postgresql://writer@127.0.0.1:1/history: ", result.stderr)
        self.assertIn("Connection refused", result.stderr)
        self.assertIn("run again when that is mended", result.stderr)
        self.assertEqual({file: file.read_bytes() for file in output.rglob("*") if file.is_file()}, before)
        check = run("check", "auxTel", "--history", "postgresql://writer@127.0.0.1:1/history", PGPASSWORD="sesame")
        self.assertEqual(check.returncode, 3)
        self.assertIn("the history can't be read until that is mended", check.stdout)
        self.assertNotIn("sesame", result.stderr + check.stdout + check.stderr)

    def test_a_run_that_finds_another_at_its_stream_says_which(self):
        self.update("auxTel")
        holder = subprocess.Popen(["psql", "-qAt", "-h", self.folder, "-p", self.port, "-U", "obsmon", "-d", self.database],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write("BEGIN; SELECT pg_advisory_xact_lock(x'6F62736D'::int, 1); SELECT 'held';\n")
        holder.stdin.flush()
        while holder.stdout.readline() != "held\n":
            pass
        result = self.update("auxTel")
        self.assertEqual(result.returncode, 5)
        self.assertRegex(result.stderr, r"stream 'auxTel' is being updated by process \d+ on .*, since 2")
        self.assertEqual(self.update("comCam").returncode, 0)
        holder.communicate()

    def test_two_streams_of_one_name_do_not_overwrite_each_other(self):
        self.assertEqual(self.update("auxTel").returncode, 0)
        night = self.psql(self.database, "SELECT * FROM obsmon.night")
        result = self.update("elsewhere", "--name", "auxTel")
        self.assertEqual(result.returncode, 5)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(f"stream 'auxTel' is kept up in {self.tree}/auxTel (last by process ", result.stderr)
        self.assertIn(f"and this is {self.tree}/elsewhere (process ", result.stderr)
        self.assertEqual(self.psql(self.database, "SELECT * FROM obsmon.night"), night)
        self.assertEqual(list((self.tree / "elsewhere").iterdir()), [])
        self.assertEqual(self.update("auxTel").returncode, 0)
        self.assertEqual(self.update("elsewhere", "--name", "auxTel", "--max_age", "0").returncode, 0)

    def test_a_login_is_found_where_the_registrys_are_and_no_password_is_ever_seen(self):
        self.psql(self.database, f"CREATE ROLE {self.database} LOGIN PASSWORD 'ses4me'; "
                                 f"GRANT CREATE ON DATABASE {self.database} TO {self.database}")
        self.addCleanup(self.psql, "postgres", f"DROP ROLE {self.database}")
        self.addCleanup(self.psql, self.database, f"DROP OWNED BY {self.database}")
        auth = self.tree / "db-auth.yaml"
        auth.write_text(f"- url: postgresql://127.0.0.1:{self.port}/{self.database}\n  username: {self.database}\n"
                        "  password: ses4me\n")
        auth.chmod(0o600)
        uri = f"postgresql://127.0.0.1:{self.port}/{self.database}"
        streams = self.tree / "streams.yaml"
        streams.write_text(f"defaults: {{history: '{uri}', db_auth: {auth}, search_links: true, first_day: 2020-05-01, "
                           "last_day: 2020-05-01}\n"
                           f"streams: [{{name: auxTel, input_dir: {self.input}, output_dir: pages}}]\n")
        result = run("update", "--config", streams, "--verbose")
        self.assertEqual(result.returncode, 0, result.stderr)
        check = run("check", "--config", streams)
        self.assertIn("auxTel", check.stdout)
        refused = self.update("auxTel", "--history", f"postgresql://someone:ses4me@127.0.0.1:{self.port}/{self.database}")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("a password must not stand here", refused.stderr)
        wrong = self.update("auxTel", "--history", uri.replace("//", "//someone@"), PGPASSWORD="ses4me")
        self.assertEqual(wrong.returncode, 4)
        self.assertIn('password authentication failed for user "someone"', wrong.stderr)
        said = [result.stdout, result.stderr, check.stdout, check.stderr, refused.stderr, wrong.stderr]
        self.assertNotIn("ses4me", "".join(said))
        self.assertNotIn("ses4me", "".join(self.psql(self.database, "SELECT * FROM obsmon.stream")))
        for file in (self.tree / "pages").rglob("*"):
            if file.is_file():
                self.assertNotIn(b"ses4me", file.read_bytes(), file)

    def test_a_uri_that_is_none_is_told_apart(self):
        result = self.update("auxTel", "--history", "/var/history.sqlite3")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--history: a shared history is a PostgreSQL database", result.stderr)


if __name__ == "__main__":
    unittest.main()
