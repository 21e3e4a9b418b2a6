"""`obsmon update --metrics`: gauges for Prometheus, read by its own programs where they are there.

PROMETHEUS names the folder with promtool, prometheus and prometheus-node-exporter; see tests/metrics/fetch.sh.
"""
import json
import os
import pathlib
import socket
import subprocess
import time
import unittest
import urllib.parse
import urllib.request

from support import CommandTest, run

PROGRAMS = pathlib.Path(os.environ.get("PROMETHEUS", "/nonexistent"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Metrics(CommandTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(2)
        self.stream.arrive("2020-05-01/late.fits")
        self.file = self.out.parent / "textfile" / "obsmon.prom"
        self.file.parent.mkdir(parents=True)

    def update_with_metrics(self, file=None):
        return run("update", "--input_dir", self.stream.root, "--output_dir", self.out, "--grace", "0", "--quiet",
                   "--last_day", "2020-05-01", "--num_days", "1", "--metrics", file or self.file)

    def start(self, *command):
        process = subprocess.Popen(command, cwd=self.out.parent, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

    def test_are_written_beside_and_renamed(self):
        self.assertEqual(self.update_with_metrics().returncode, 0)
        self.assertEqual([path.name for path in self.file.parent.iterdir()], ["obsmon.prom"])
        self.assertIn('obsmon_files{stream="auxTel",night="2020-05-01",verdict="not_ingested"} 1\n',
                      self.file.read_text())

    def test_are_written_when_the_input_is_gone_and_say_so(self):
        self.stream.registry.rename(self.stream.registry.with_name("away"))
        self.assertEqual(self.update_with_metrics().returncode, 3)
        self.assertIn('obsmon_update_status{stream="auxTel"} 3\n', self.file.read_text())

    def test_replace_no_device_and_are_written_where_a_link_leads(self):
        pipe = self.file.with_name("pipe")
        os.mkfifo(pipe)
        self.assert_refused(self.update_with_metrics(pipe), 4, f"{pipe}: the metrics can't be written there")
        self.assertTrue(pipe.is_fifo())
        link = self.file.with_name("link.prom")
        link.symlink_to(self.file)
        self.assertEqual(self.update_with_metrics(link).returncode, 0)
        self.assertTrue(link.is_symlink())
        self.file.unlink()
        way = self.file.with_name("way.prom")
        way.symlink_to(link)
        self.assertEqual(self.update_with_metrics(way).returncode, 0)
        self.assertIn("obsmon_files", self.file.read_text())

    def test_that_can_not_be_written_are_named_and_cost_no_page(self):
        result = self.update_with_metrics(self.out.parent / "none" / "obsmon.prom")
        self.assert_refused(result, 4, "none/obsmon.prom")
        self.assertTrue((self.out / "2020-05-01.html").exists())

    @unittest.skipUnless((PROGRAMS / "promtool").exists(), "promtool is not there")
    def test_please_promtool(self):
        self.update_with_metrics()
        result = subprocess.run([PROGRAMS / "promtool", "check", "metrics"], input=self.file.read_bytes(),
                                capture_output=True, check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))

    @unittest.skipUnless((PROGRAMS / "prometheus").exists(), "prometheus is not there")
    def test_reach_prometheus_through_its_node_exporter(self):
        self.update_with_metrics()
        exporter, server = free_port(), free_port()
        self.start(PROGRAMS / "prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
                   f"--collector.textfile.directory={self.file.parent}", f"--web.listen-address=127.0.0.1:{exporter}")
        config = self.out.parent / "prometheus.yml"
        config.write_text("scrape_configs: [{job_name: obsmon, scrape_interval: 1s, static_configs: "
                          f"[{{targets: ['127.0.0.1:{exporter}']}}]}}]\n")
        self.start(PROGRAMS / "prometheus", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{server}",
                   f"--storage.tsdb.path={self.out.parent / 'tsdb'}")
        for expression, value in (('obsmon_files{verdict="not_ingested"}', "1"),
                                  ('obsmon_files{verdict="ingested"}', "2"),
                                  ("node_textfile_scrape_error", "0")):
            self.assertEqual(self.ask(server, expression), value, expression)

    def ask(self, port, expression):
        """The value of an expression that gives one, once there is one."""
        address = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(address, timeout=5) as answer:
                    result = json.load(answer)["data"]["result"]
                if len(result) == 1:
                    return result[0]["value"][1]
            except OSError:
                pass  # it is not up yet
            time.sleep(0.2)
        self.fail(f"Prometheus knows no {expression}")


if __name__ == "__main__":
    unittest.main()
