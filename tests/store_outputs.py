"""Run lessons and store their outputs: ``python -m tests.store_outputs course/04_one_euler_step.ipynb``.

The repository's lessons hold outputs, for readers and for nbval. Widgets are left out of them: a page
without the kernel that made them can only say that they are missing.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def store_outputs(path: Path) -> None:
    """Execute the notebook at ``path`` from top to bottom and write it back."""
    notebook = nbformat.read(path, as_version=4)
    os.environ["LEAKYEDU_HOME"] = tempfile.mkdtemp()  # a learner without a past
    NotebookClient(
        notebook, record_timing=False, store_widget_state=False, resources={"metadata": {"path": path.parent}}
    ).execute()
    # The kernel's exact Python version differs between machines.
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        store_outputs(Path(argument))
