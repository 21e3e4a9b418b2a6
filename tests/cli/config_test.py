"""Many streams in one run, from a streams.yaml."""
import fcntl
import unittest

from support import CommandTest, ONE_NIGHT, Stream, run


class Config(CommandTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(1)
        Stream(self.tmp / "data" / "comcam").arrive("2020-05-01/a.fits")
        self.config = self.tmp / "streams.yaml"
        self.config.write_text("streams:\n"
                               "- {name: auxtel, input_dir: data/auxTel, output_dir: www/at}\n"
                               "- {name: comcam, input_dir: data/comcam, output_dir: www/cc}\n")

    def update_all(self, *arguments, **options):
        return run("update", "--config", self.config, *ONE_NIGHT, *arguments, **options)

    def test_updates_every_stream_of_the_file(self):
        result = self.update_all()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout.splitlines(), [
            "auxtel  2020-05-01  complete         1 file: 1 ingested",
            "auxtel: done; 1 night looked at, 1 changed",
            "comcam  2020-05-01  needs attention  1 file: 1 not ingested",
            "comcam: done; 1 night looked at, 1 changed",
        ])
        self.assertTrue((self.tmp / "www" / "at" / "index.html").exists())
        self.assertTrue((self.tmp / "www" / "cc" / "index.html").exists())

    def test_one_streams_failure_does_not_stop_the_others(self):
        (self.tmp / "data" / "auxTel" / "storage").rename(self.tmp / "gone")
        result = self.update_all()
        self.assertEqual(result.returncode, 1)
        self.assertIn("auxtel: broken off: input not readable", result.stdout)
        self.assertIn("comcam: done; 1 night looked at, 1 changed", result.stdout)
        self.assertTrue(result.stderr.startswith("obsmon: auxtel: "), result.stderr)
        self.assertIn(str(self.tmp / "data" / "auxTel" / "storage"), result.stderr)

    def test_streams_that_all_failed_alike_give_that_status(self):
        for name in ("auxTel", "comcam"):
            (self.tmp / "data" / name / "gen2repo" / "registry.sqlite3").unlink()
        self.assertEqual(self.update_all().returncode, 3)

    def test_a_locked_stream_alone_does_not_stop_the_others(self):
        self.update_all()
        with open(self.tmp / "www" / "at" / ".monitor.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = self.update_all()
        self.assertEqual(result.returncode, 1)
        self.assertIn("auxtel: not updated: another run holds the output", result.stdout)
        self.assertIn("comcam: done", result.stdout)

    def test_streams_are_chosen_by_name(self):
        result = self.update_all("--stream", "comcam")
        self.assertEqual(result.returncode, 0)
        self.assertFalse((self.tmp / "www" / "at").exists())

    def test_an_unknown_stream_is_refused_with_the_known_ones_and_the_nearest(self):
        self.assert_refused(self.update_all("--stream", "comcma"), 2, "has no stream 'comcma', only auxtel, comcam",
                            "did you mean 'comcam'?")

    def test_the_command_line_comes_before_the_environment_before_the_file(self):
        self.config.write_text(self.config.read_text().replace("{name: auxtel,", "{name: auxtel, num_days: 4,"))
        def nights(*arguments, **options):
            result = run("update", "--config", self.config, "--stream", "auxtel", "--last_day", "20200501",
                         *arguments, **options)
            return len(result.stdout.splitlines()) - 1
        self.assertEqual(nights(), 4)
        self.assertEqual(nights(env={"RSYMON_NUM_DAYS": "3"}), 3)
        self.assertEqual(nights("--num_days", "2", env={"RSYMON_NUM_DAYS": "3"}), 2)

    def test_a_wrong_key_is_named_with_its_line_and_the_nearest_right_one(self):
        self.config.write_text("streams:\n- name: a\n  input_dri: x\n")
        self.assert_refused(self.update_all(), 2, f"{self.config}:3: no such key: 'input_dri'; did you mean 'input_dir'?")

    def test_a_wrong_value_is_named_with_its_line(self):
        self.config.write_text("streams:\n- name: a\n  registry:\n    query: select path from file\n")
        self.assert_refused(self.update_all(), 2, f"{self.config}:4: registry_query: the query does not say where")

    def test_values_that_contradict_each_other_are_wrong_usage_of_their_stream_alone(self):
        self.config.write_text(self.config.read_text().replace("{name: auxtel,", "{name: auxtel, gen: 3, search_links: yes,"))
        result = self.update_all()
        self.assertEqual(result.returncode, 1)
        self.assertTrue(result.stderr.startswith("obsmon: auxtel: search_links goes by folders of links"), result.stderr)
        self.assertIn("auxtel: not updated: wrong options", result.stdout)
        self.assertIn("comcam: done", result.stdout)
        self.assertEqual(self.update_all("--stream", "auxtel").returncode, 2)

    def test_two_streams_with_one_output_are_refused_though_one_goes_by_a_link(self):
        real = self.config.parent / "www/at"
        real.mkdir(parents=True)
        (real.parent / "cc").symlink_to("at")
        self.assert_refused(self.update_all(), 2, "stream 'auxtel' of line", "has the output_dir")

    def test_a_file_that_is_not_there_is_named(self):
        self.config.unlink()
        self.assert_refused(self.update_all(), 2, self.config, "No such file")

    def test_a_folder_of_all_streams_is_refused(self):
        self.assert_refused(self.update_all(env={"RSYMON_OUTPUT_DIR": "x"}), 2,
                            "RSYMON_OUTPUT_DIR belongs to one stream, but there are auxtel, comcam")

    def test_night_shows_the_stream_that_is_chosen(self):
        result = run("night", "2020-05-01", "--config", self.config, "--stream", "comcam", "--grace", "0")
        self.assertEqual(result.returncode, 0)
        self.assertIn("a.fits", result.stdout)
        self.assert_refused(run("night", "2020-05-01", "--config", self.config), 2, "auxtel, comcam", "--stream")


if __name__ == "__main__":
    unittest.main()
