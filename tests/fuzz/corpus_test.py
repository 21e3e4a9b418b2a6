"""Each database of the corpus is one that obsmon reads: from one that it refuses at once a fuzzer finds nothing."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
BUTLER_YAML = "registry: {db: 'sqlite:///<butlerRoot>/gen3.sqlite3'}\n"


class Corpus(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="obsmon-corpus-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "storage").mkdir()

    def obsmon(self, *arguments):
        return subprocess.run([os.environ["OBSMON"], *arguments], capture_output=True, text=True, check=False)

    def datasets_of(self, entry, name):
        shutil.copy(CORPUS / entry, self.folder / name)
        result = self.obsmon("night", "2020-05-01", "--storage", self.folder / "storage", "--repo", self.folder,
                             "--format", "json")
        self.assertIn(result.returncode, (0, 1), result.stderr)
        self.assertNotIn(name, result.stderr)
        return json.loads(result.stdout)["counts"]["files"]

    def test_the_gen2_registry_lists_datasets(self):
        self.assertEqual(self.datasets_of("gen2/two_nights", "registry.sqlite3"), 12)

    def test_the_gen3_registry_lists_datasets(self):
        (self.folder / "butler.yaml").write_text(BUTLER_YAML)
        self.assertEqual(self.datasets_of("gen3/one_night", "gen3.sqlite3"), 12)

    def test_the_history_has_nights(self):
        stream = self.folder / "auxTel"
        stream.mkdir()
        shutil.copy(CORPUS / "history/two_nights", stream / "observing_monitor.sqlite3")
        result = self.obsmon("summary", self.folder, "auxTel")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("2020-05-01", (self.folder / "index.html").read_text())


if __name__ == "__main__":
    unittest.main()
