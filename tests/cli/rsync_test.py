"""Files that a real rsync moves: in flight while it writes, arrived when it is done, replaced without a ghost."""
import json
import os
import shutil
import signal
import subprocess
import unittest

from support import CommandTest, wait_until

RSYNC = shutil.which("rsync")


@unittest.skipUnless(RSYNC, "rsync is not installed")
class Rsync(CommandTest):
    def setUp(self):
        super().setUp()
        self.camera = self.tmp / "camera"
        self.camera.mkdir()
        self.folder = self.stream.storage / "2020-05-01"
        self.folder.mkdir()

    def shoot(self, name, size=57600):
        file = self.camera / name
        file.write_bytes(os.urandom(size))
        os.utime(file, (1588400000, 1588400000))
        return file

    def rsync(self, *options):
        subprocess.run([RSYNC, "-a", *options, f"{self.camera}/", f"{self.folder}/"], check=True)

    def files(self):
        return {file["path"].split("/")[-1]: file["verdict"]
                for file in json.loads(self.night("--format", "json").stdout)["files"]}

    def cut_off(self, *options):
        """An rsync that is killed while it writes one large file."""
        process = subprocess.Popen([RSYNC, "-a", "--bwlimit=200", *options, f"{self.camera}/", f"{self.folder}/"],
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        wait_until(lambda: any(path.stat().st_size > 0 for path in self.folder.rglob("*AT_O*") if path.is_file()),
                   process)
        return process

    def test_what_it_has_moved_has_arrived_with_the_cameras_time(self):
        self.shoot("AT_O_20200501_000001.fits")
        self.rsync()
        self.assertEqual(self.files(), {"AT_O_20200501_000001.fits": "not_ingested"})
        self.assertIn("2020-05-02T06:13:20", self.night("--format", "csv", "--verdict", "not_ingested").stdout)

    def test_what_it_is_writing_is_in_flight(self):
        self.shoot("AT_O_20200501_000001.fits", 4_000_000)
        process = self.cut_off()
        try:
            self.assertEqual(set(self.files().values()), {"in_flight"})
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def test_what_it_delays_is_in_flight(self):
        self.shoot("AT_O_20200501_000001.fits", 4_000_000)
        process = self.cut_off("--delay-updates")
        try:
            self.assertEqual(set(self.files().values()), {"in_flight"})
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def test_what_it_was_cut_off_in_is_in_flight_until_it_is_done(self):
        self.shoot("AT_O_20200501_000001.fits", 4_000_000)
        process = self.cut_off("--partial-dir=.rsync-partial")
        process.send_signal(signal.SIGTERM)
        process.wait()
        self.assertEqual(self.files(), {"AT_O_20200501_000001.fits": "in_flight"})
        self.rsync("--partial-dir=.rsync-partial")
        self.assertEqual(self.files(), {"AT_O_20200501_000001.fits": "not_ingested"})

    def test_what_it_replaces_leaves_no_ghost(self):
        file = self.shoot("AT_O_20200501_000001.fits")
        self.rsync()
        self.stream.ingest(self.folder / file.name)
        self.assertIn("1 file: 1 ingested", self.update().stdout)
        self.shoot("AT_O_20200501_000001.fits", 60_000)
        self.rsync()
        self.assertIn("1 file: 1 ingested", self.update().stdout)


if __name__ == "__main__":
    unittest.main()
