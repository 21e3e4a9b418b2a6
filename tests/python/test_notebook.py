"""The notebook of examples/ runs as it stands, and shows what it promises."""
import os

import nbclient
import nbformat
import pytest

from conftest import EXAMPLES


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    notebook = nbformat.read(EXAMPLES / "night_report.ipynb", as_version=4)
    variables = {"HOME": str(home), "IPYTHONDIR": str(home / "ipython"), "MPLCONFIGDIR": str(home / "matplotlib"),
                 "TMPDIR": str(home), "JUPYTER_PLATFORM_DIRS": "1"}
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3",
                            resources={"metadata": {"path": str(EXAMPLES)}}).execute(
        env={**os.environ, **variables})
    return notebook


def outputs(notebook, kind):
    return [output["data"][kind] for cell in notebook.cells for output in cell.get("outputs", [])
            if kind in output.get("data", {})]


def test_shows_the_report(executed):
    [report] = [shown for shown in outputs(executed, "text/html") if "class='obsmon'" in shown]
    assert "3 files arrived but are not ingested" in report
    [text] = [shown for shown in outputs(executed, "text/plain") if "night of" in shown]
    assert text.startswith("comCam, night of 2020-05-01")


def test_draws_three_plots(executed):
    plots = outputs(executed, "image/png")
    assert len(plots) == 3
    assert all(len(plot) > 10_000 for plot in plots)


def test_ends_with_what_is_missing(executed):
    table = executed.cells[-1].outputs[0]["data"]["text/plain"]
    assert table.count("not_ingested") == 3
    for word in ("too_small", "in_flight", "artifact_gone", "R22_S10"):
        assert word in table


def test_says_nothing_on_standard_error(executed):
    streams = [output for cell in executed.cells for output in cell.get("outputs", []) if output.output_type == "stream"]
    assert [stream.text for stream in streams] == []


def test_is_checked_in_without_outputs():
    notebook = nbformat.read(EXAMPLES / "night_report.ipynb", as_version=4)
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook.cells)
