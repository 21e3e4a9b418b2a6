"""No password is ever seen: whole runs of the command on PostgreSQL databases, their logins right and wrong, and all that
they write and say searched for it."""
import pathlib
import shutil
import subprocess
import sys
import unittest

from command_test import TABLES, OnAServer, run

SUPPORT = pathlib.Path(__file__).resolve().parents[1] / "support"
PASSWORD = "ses4me-0pen"
WRONG = "ses4me-wr0ng"  # what begins as a password does must not be seen either
TRACE = "ses4me"
BUTLER_YAML = """datastore:
  cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore
  records: {{table: file_datastore_records}}
  root: <butlerRoot>
registry:
  db: {uri}
"""


class Secrets(OnAServer):
    """A Gen3 repository, event tables, a table of one's own, what was taken, and a shared history, each in the database
    of a role that has a password."""

    num_runs = num_files = 0

    def setUp(self):
        super().setUp()
        self.role = self.database
        gen3 = (SUPPORT / "gen3_postgres.sql").read_text()
        for what, number in (":nights", 1), (":exposures", 2), (":detectors", 2):
            gen3 = gen3.replace(what, str(number))
        self.psql(self.database, gen3 + TABLES + f"""
            CREATE ROLE {self.role} LOGIN PASSWORD '{PASSWORD}';
            GRANT pg_read_all_data TO {self.role};
            GRANT CREATE ON DATABASE {self.database} TO {self.role};""")
        self.addCleanup(self.psql, "postgres", f"DROP ROLE {self.role}")
        self.addCleanup(self.psql, self.database, f"DROP OWNED BY {self.role}")
        self.uri = f"postgresql://{self.role}@127.0.0.1:{self.port}/{self.database}"
        self.said = []

    @classmethod
    def tearDownClass(cls):
        print(f"\nsearched for passwords: {cls.num_runs} runs, {cls.num_files} files, traces 0", file=sys.stderr)

    def uri_with(self, password):
        return self.uri.replace("@", f":{password}@")

    def run_all(self, *options, statuses=(0,), **environment):
        """Each command that looks at this stream or at what is kept of it, in each of its forms."""
        look = ["--first_day", "20200501", "--last_day", "20200501", "--grace", "0"]
        streams = ["--input_dir", self.input, *options]
        update = run("update", *streams, *look, "--output_dir", self.output, "--verbose", "--metrics",
                     self.tree / "metrics", **environment)
        history = options[options.index("--history"):][:2] if "--history" in options else ()
        others = [run("summary", self.tree, "out", *history, **environment),
                  run("check", self.output, "--since", "2020-05-01", *history, **environment)]
        if not history:
            others += [run("night", "2020-05-01", *streams, "--format", form, **environment)
                       for form in ("table", "json", "jsonl", "csv")]
        for result in [update, *others[2:]]:
            self.assertIn(result.returncode, statuses, result.stdout + result.stderr)
        self.said += [update, *others]
        return update

    def assert_no_trace(self):
        """Of a password in what was said, in what was written but by ourselves, and in the shared history."""
        self.assertTrue(self.said)
        for result in self.said:
            self.assertNotIn(TRACE, result.stdout + result.stderr, result.args)
        Secrets.num_runs += len(self.said)
        self.said = []
        num_files = 0
        for folder in self.output, self.tree / "metrics", self.tree / "index.html", self.tree / "data":
            for file in [folder, *folder.rglob("*")]:
                if file.is_file():
                    num_files += 1
                    self.assertNotIn(TRACE.encode(), file.read_bytes(), file)
        dump = subprocess.run(["pg_dump", "-h", self.folder, "-p", self.port, "-U", "obsmon", self.database],
                              check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout
        self.assertNotIn(TRACE, dump)
        Secrets.num_files += num_files
        return num_files, dump

    def empty_output(self):
        """All but what tells the shared history that it is the same folder."""
        for entry in self.output.glob("*"):
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != ".stream_id":
                entry.unlink()

    def try_all(self, *options, right_statuses=(0,), wrong_statuses=(1, 3)):
        """With the right password from where libpq and the Butler look, and with a wrong one."""
        auth = self.tree / "db-auth.yaml"
        pgpass = self.tree / "pgpass"
        for password in PASSWORD, WRONG:
            auth.write_text(f"- {{url: 'postgresql://127.0.0.1:{self.port}/', username: {self.role}, "
                            f"password: {password}}}\n")
            pgpass.write_text(f"127.0.0.1:{self.port}:*:*:{password}\n")
            auth.chmod(0o600)
            pgpass.chmod(0o600)
            is_right = password == PASSWORD
            for environment in ({"PGPASSWORD": password}, {"PGPASSFILE": str(pgpass)}, {"LSST_DB_AUTH": str(auth)}):
                with self.subTest(is_right=is_right, where=list(environment)):
                    self.empty_output()
                    result = self.run_all(*options, statuses=right_statuses if is_right else wrong_statuses,
                                          **environment)
                    num_files, dump = self.assert_no_trace()
                    if is_right:
                        self.assertGreater(num_files, 4)
                        self.assertEqual("COPY obsmon.transfer" in dump, "--history" in options)
                    else:
                        self.assertIn("password authentication failed", result.stderr)

    def test_of_event_tables(self):
        self.try_all("--registry_events", self.uri)

    def test_of_a_table_of_ones_own(self):
        self.try_all("--registry_sql", self.uri, "--registry_query",
                     "SELECT relpath || '/' || filename AS path FROM nts_auxtel_files WHERE relpath = {day_obs}::text")

    def test_of_what_was_taken(self):
        (self.input / "gen2repo/raw").mkdir(parents=True)
        self.try_all("--search_links", "--expected_sql", self.uri, "--expected_query",
                     "SELECT filename AS path FROM nts_auxtel_files WHERE relpath = {day_obs}::text")

    def test_of_a_gen3_repository(self):
        repo = self.tree / "repo"
        repo.mkdir()
        (repo / "butler.yaml").write_text(BUTLER_YAML.format(uri=self.uri))
        self.try_all("--repo", repo)

    def test_in_the_url_of_a_gen3_repository(self):
        # It is the Butler's file, and may have it; obsmon reads it, and keeps it to itself.
        repo = self.tree / "repo"
        repo.mkdir()
        for password in PASSWORD, WRONG, WRONG + "%zz", "a/" + WRONG, "a@" + WRONG:
            for uri in self.uri_with(password), f"{self.uri}?password={password}", f"{self.uri}?sslpassword={password}":
                with self.subTest(uri=uri):
                    (repo / "butler.yaml").write_text(BUTLER_YAML.format(uri=f'"{uri}"'))
                    self.empty_output()
                    self.run_all("--repo", repo, statuses=(0, 1, 3))
                    self.assert_no_trace()

    def test_of_a_shared_history(self):
        (self.input / "gen2repo/raw").mkdir(parents=True)
        self.try_all("--search_links", "--history", self.uri, wrong_statuses=(4,))

    def test_in_a_url_of_ours_is_refused_and_never_repeated(self):
        for option in "--history", "--registry_events", "--registry_sql", "--expected_sql":
            for uri in (self.uri_with(PASSWORD), f"{self.uri}?password={PASSWORD}", self.uri_with("a@" + PASSWORD),
                        self.uri_with("a/" + PASSWORD), self.uri_with("a?" + PASSWORD)):
                with self.subTest(option=option, uri=uri):
                    variable = "OBSMON_" + option[2:].upper()
                    query = option.replace("_sql", "_query")
                    query = [query, "SELECT 1 AS path"] if query != option else []
                    self.run_all(option, uri, *query, statuses=(2,))
                    self.run_all(*query, statuses=(2, 3), **{variable: uri})  # night has no history, and goes on
                    self.assert_no_trace()

    def test_in_streams_yaml_is_refused_and_never_repeated(self):
        streams = self.tree / "streams.yaml"
        for uri in self.uri_with(PASSWORD), f"{self.uri}?password={PASSWORD}":
            for key in (f"history: '{uri}'", f"registry: {{events: '{uri}'}}",
                        f"registry: {{sql: '{uri}', query: SELECT 1 AS path}}",
                        f"expected: {{sql: '{uri}', query: SELECT 1 AS path}}", f"repo: '{uri}'"):
                with self.subTest(key=key):
                    streams.write_text(f"streams:\n- name: auxTel\n  input_dir: {self.input}\n"
                                       f"  output_dir: {self.output}\n  {key}\n")
                    for command in "update", "check":
                        result = run(command, "--config", streams)
                        self.assertNotEqual(result.returncode, 0)
                        self.said.append(result)
                    self.assert_no_trace()


if __name__ == "__main__":
    unittest.main()
