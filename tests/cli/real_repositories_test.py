"""Repositories written by the observatory's own software, laid out as the streams that they came from."""
import json
import os
import pathlib
import shutil
import unittest

from support import SHARED, CommandTest, run, state_of

REAL = SHARED / "real" / "gen2"


@unittest.skipUnless(REAL.is_dir(), "the real repositories are not beside this checkout")
class RealRepositories(CommandTest):
    def lay_out(self, camera, link):
        """The repository of a camera as STREAM/gen2repo, and its files in storage as an ingest leaves them."""
        root = self.tmp / camera
        repo = root / "gen2repo"
        shutil.copytree(REAL / camera, repo)
        for folder, _, names in os.walk(repo):
            os.chmod(folder, 0o755)
            for name in names:
                os.chmod(os.path.join(folder, name), 0o644)
        for file in [path for path in (repo / "raw").rglob("*") if path.is_file()]:
            arrived = root / "storage" / file.relative_to(repo / "raw")
            arrived.parent.mkdir(parents=True, exist_ok=True)
            file.rename(arrived)
            link(arrived, file)
        return root

    def update_night(self, root, night):
        """Updates one night twice, and gives its files with their verdicts."""
        before = state_of(root)
        for _ in range(2):
            result = run("update", "--input_dir", root, "--output_dir", self.tmp / "out", "--last_day", night,
                         "--num_days", "1", "--grace", "0")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(state_of(root), before)
        report = run("night", night, "--input_dir", root, "--grace", "0", "--format", "json")
        return {pathlib.Path(file["path"]).name: file["verdict"] for file in json.loads(report.stdout)["files"]}

    def test_latiss_of_2018(self):
        for link in (lambda file, at: at.symlink_to(file), lambda file, at: os.link(file, at)):
            root = self.lay_out("latiss", link)
            self.assertEqual(self.update_night(root, "2018-09-20"), {"3018092000065-det000.fits": "ingested"})
            shutil.rmtree(root)

    def test_comcam_of_2019(self):
        root = self.lay_out("comCam", lambda file, at: at.symlink_to(file))
        self.assertEqual(self.update_night(root, "2019-05-30"), {"3019053000001-R22-S00-det000.fits": "ingested"})

    def test_lsstcam_with_a_night_under_which_a_neighbours_files_are_stored(self):
        root = self.lay_out("lsstCam", lambda file, at: os.link(file, at))
        self.assertEqual(self.update_night(root, "2019-03-19"),
                         {"3019031900001-R10-S02-det029.fits": "ingested",
                          "3019031900001-R22-S21-det097.fits": "ingested"})
        self.assertEqual(self.update_night(root, "2019-03-22"), {"3019032200002-R10-S22-det035.fits": "ingested"})

    def test_lsstcam_of_2021_whose_exposure_the_registry_does_not_know(self):
        root = self.lay_out("lsstCam", lambda file, at: None)
        self.assertEqual(self.update_night(root, "2021-12-12"),
                         {"30211212000310-R22-S22-det098.fits": "not_ingested",
                          "Photodiode_Readings_20211212_000310.txt": "not_fits"})


if __name__ == "__main__":
    unittest.main()
