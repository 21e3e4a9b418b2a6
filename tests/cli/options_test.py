"""Options and environment of the command, as cron files written for the prototype have them."""
import unittest

from support import CommandTest, run


class Options(CommandTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(1)

    def test_the_prototypes_short_forms_work(self):
        result = run("update", "--input", self.stream.root, "--output", self.out, "--first", "20200501", "--last",
                     "20200501")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_equals_signs_and_hyphens_work(self):
        result = run("update", f"--input-dir={self.stream.root}", f"--output-dir={self.out}", "--last-day=20200501",
                     "--num-days=1")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_an_ambiguous_beginning_is_refused_with_the_candidates(self):
        self.assert_refused(run("update", "--in", self.stream.root), 2,
                            "--in is ambiguous: it could be --input_dir, --instrument or --ingest_log")

    def test_query_links_is_search_links_and_says_so(self):
        result = self.update("--query_links")
        self.assertEqual((result.returncode, result.stderr),
                         (0, "obsmon: --query_links means --search_links now\n"))

    def test_an_unknown_option_is_refused_with_the_nearest(self):
        self.assert_refused(run("update", "--ouptut_dir", "x"), 2, "did you mean '--output_dir'?")

    def test_the_environment_gives_what_the_command_line_leaves_open(self):
        result = run("update", env={"RSYMON_INPUT_DIR": str(self.stream.root), "OBSMON_OUTPUT_DIR": str(self.out),
                                    "RSYMON_OUTPUT_DIR": "/nowhere", "RSYMON_LAST_DAY": "20200501",
                                    "RSYMON_NUM_DAYS": "1", "RSYMON_SEARCH_LINKS": "on"})
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue((self.out / "2020-05-01.html").exists())

    def test_the_command_line_comes_before_the_environment(self):
        result = self.update("--num", "1", env={"OBSMON_NUM_DAYS": "7", "RSYMON_LAST_DAY": "20010101"})
        self.assertEqual([line[:10] for line in result.stdout.splitlines()[:-1]], ["2020-05-01"])

    def test_an_empty_variable_is_used_not_ignored(self):
        result = run("update", "--input_dir", self.stream.root, "--output_dir", self.out, env={"RSYMON_NUM_DAYS": ""})
        self.assert_refused(result, 2, "RSYMON_NUM_DAYS: '' is no whole number")

    def test_a_switch_that_is_neither_yes_nor_no_is_refused_by_its_variable(self):
        self.assert_refused(self.update(env={"RSYMON_SEARCH_LINKS": "maybe"}), 2, "RSYMON_SEARCH_LINKS: 'maybe'")

    def test_the_time_of_the_look_can_not_be_faked_by_the_environment(self):
        result = run("update", "--input_dir", self.stream.root, "--output_dir", self.out,
                     env={"OBSMON_NOW": "2020-05-01T00:00:00", "OBSMON_AS_OF": "2020-05-01T00:00:00"})
        self.assertNotIn("2020-05-01  ", result.stdout)


class Usage(CommandTest):
    def test_wrong_values_are_refused_each_by_its_option(self):
        for arguments, part in [
                (["--num_days", "two"], "--num_days: 'two' is no whole number"),
                (["--num_days", "0"], "num_days is 0"),
                (["--num_days", "-1"], "num_days is -1"),
                (["--gen", "4"], "--gen: '4' is no generation"),
                (["--last_day", "202102015"], "--last_day: '202102015' is no night"),
                (["--first_day", "2021-02-30"], "--first_day: '2021-02-30' is no night"),
                (["--grace", "soon"], "--grace: 'soon' is no span of time"),
                (["--busy_timeout=-1s"], "--busy_timeout: '-1s' is no span of time"),
                (["--threads", "-3"], "--threads: '-3'"),
                (["--input_dir", ""], "--input_dir: an empty text names no folder"),
                (["--search_links=yes"], "--search_links takes no value"),
                (["--metrics", ""], "--metrics: an empty text names no file"),
                (["--name"], "--name needs a value"),
                (["20200501"], "does not know what to do with '20200501'"),
        ]:
            with self.subTest(arguments=arguments):
                result = self.update(*arguments)
                self.assertEqual(result.returncode, 2)
                self.assertIn(part, result.stderr)
                self.assertFalse(self.out.exists())

    def test_what_is_wrong_with_options_alone_is_wrong_usage_whatever_the_disk_has(self):
        query = "select path from file where night = {night}"
        for arguments, part in [
                (["--registry_query", query], "registry_query is given without registry_sql"),
                (["--registry_sql", "sqlite:////r"], "registry_sql is given without registry_query"),
                (["--registry_sql", "sqlite:////r", "--registry_query", "select 1"], "--registry_query: the query does not"),
                (["--expected_query", query], "expected_query is given without expected_sql"),
                (["--expected_sql", "sqlite:////e"], "expected_sql is given without expected_query"),
                (["--expected_sql", "sqlite:////e", "--expected_query", "select 1"], "--expected_query: the query does not"),
                (["--registry_events", "postgresql://db/lsst"], "registry_prefix"),
                (["--registry_events", "sqlite:////e"], "--registry_events: event tables are in a PostgreSQL database"),
                (["--registry_prefix", "a b"], "'a bfiles' is no name of a table"),
                (["--registry_files_table", "f"], "registry_events_tables"),
                (["--gen", "3", "--search_links"], "search_links goes by folders of links"),
                (["--ignore", "pattern=a"], "--ignore: a rule must say why"),
        ]:
            for command in (["update", "--output_dir", self.out], ["night", "2020-05-01"]):
                with self.subTest(command=command[0], arguments=arguments):
                    self.assert_refused(run(*command, "--input_dir", self.tmp / "nowhere", *arguments), 2, part)
        self.assertFalse(self.out.exists())

    def test_a_uri_that_can_not_be_taken_apart_is_wrong_usage(self):
        result = self.update("--history", "postgresql://db/nights?colour=red")
        if "no libpq" in result.stderr:
            self.skipTest("this build has no libpq, which takes URIs apart")
        self.assert_refused(result, 2, "--history: postgresql://db/nights: libpq can't take this URI apart")

    def test_a_library_that_few_need_is_opened_by_those_alone(self):
        self.stream.arrive_and_ingest(1)
        broken = self.tmp / "broken"
        broken.mkdir()
        for library in ("libpq.so.5", "libcrypto.so.3", "libcrypto.so.1.1"):
            (broken / library).write_text("no library")
        env = {"LD_LIBRARY_PATH": str(broken)}
        result = self.update(env=env)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

        result = self.update("--registry_events", "postgresql://db/lsst", "--registry_prefix", "t_", env=env)
        if "this build" not in result.stderr:
            self.assert_refused(result, 3, "postgresql://db/lsst: PostgreSQL can't be read without libpq")
            self.assertIn("install it (Debian's package is libpq5)", result.stderr)
        result = self.update("--compare_checksums", env=env)
        if "this build" not in result.stderr:
            self.assert_refused(result, 3, "checksums can't be compared without OpenSSL's libcrypto")

    def test_a_negative_span_may_stand_apart_from_its_option(self):
        self.stream.arrive_and_ingest(1)
        for offset in (["--night_offset", "-12h"], ["--night_offset=-12h"]):
            self.assertEqual(self.update(*offset).returncode, 0)
        self.assert_refused(self.update("--night_offset", "-30h"), 2, "--night_offset: '-30h' is no offset of a night")

    def test_the_first_day_must_not_be_after_the_last(self):
        result = self.update("--first_day", "2020-05-02")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr, "obsmon: first day 2020-05-02 is after last day 2020-05-01\n")
        self.assertFalse(self.out.exists())

    def test_input_and_output_are_needed(self):
        self.assert_refused(run("update", "--output_dir", self.out), 2, "no input: give --input_dir")
        self.assert_refused(run("update", "--input_dir", self.stream.root), 2, "no output: give --output_dir")

    def test_a_command_is_needed(self):
        self.assert_refused(run(), 2, "obsmon update, night, summary or check")
        self.assert_refused(run("updaet"), 2, "there is no command 'updaet'; did you mean 'update'?")
        self.assert_refused(run("frobnicate"), 2, "there is no command 'frobnicate'; see 'obsmon help'")

    def test_help_begins_with_examples_and_fits_a_terminal(self):
        for arguments in (["help"], ["--help"], ["-h"], ["help", "update"], ["update", "--help"], ["night", "-h"],
                          ["summary", "--he"], ["check", "--help"]):
            with self.subTest(arguments=arguments):
                result = run(*arguments)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertTrue(result.stdout.startswith("Examples:\n  obsmon "))
                self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)
                self.assertNotRegex(result.stdout, r"(?m) $")

    def test_help_of_an_unknown_command_is_refused(self):
        self.assert_refused(run("help", "nigth"), 2, "did you mean 'night'?")

    def test_version_tells_obsmon_sqlite_and_the_build(self):
        result = run("--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^obsmon \d+\.\d+\.\d+ \(SQLite 3\.[\d.]+, \w+ build\)\n$")


if __name__ == "__main__":
    unittest.main()
