"""nbval's notebooks, all of a process in one kernel: what a lesson imports takes longer than most lessons.

For each notebook the kernel is made as new: no name of the one before, no module of ours, a learner without
a past. tests/lessons/test_kernels.py runs each notebook in a kernel of its own.
"""

import os
from pathlib import Path
from typing import ClassVar

from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel
from nbval.plugin import IPyNbFile

AS_NEW = """
import os, sys
from ipywidgets import Widget
os.environ["LEAKYEDU_HOME"] = {home!r}
os.chdir({folder!r})
Widget.close_all()
for name in [name for name in sys.modules if name.partition(".")[0] == "leakyedu"]:
    del sys.modules[name]
get_ipython().run_line_magic("reset", "-f")
"""


class Notebook(IPyNbFile):
    """A notebook whose cells are run and compared by nbval."""

    kernels: ClassVar[list[RunningKernel]] = []

    def setup(self) -> None:
        """Give it the kernel as new, or a new one where there is none that answers."""
        if not any(kernel.is_alive() for kernel in self.kernels):
            timeout = self.config.option.nbval_kernel_startup_timeout
            self.kernels[:] = [RunningKernel(CURRENT_ENV_KERNEL_NAME, startup_timeout=timeout)]
        (self.kernel,) = self.kernels
        home, folder = os.environ["LEAKYEDU_HOME"], str(self.path.parent)
        made = self.kernel.execute_cell_input(AS_NEW.format(home=home, folder=folder), allow_stdin=False)
        while (said := self._said_of(made)).get("execution_state") != "idle":
            assert "traceback" not in said, "\n".join(said["traceback"])
        self.setup_sanitize_files()

    def _said_of(self, execution: str) -> dict:
        """Return what the kernel says next; nothing where it speaks of something else."""
        message = self.get_kernel_message(timeout=60)
        return message["content"] if message["parent_header"].get("msg_id") == execution else {}

    def teardown(self) -> None:
        """Keep the kernel for the next notebook, but one that may still be at work."""
        if self.timed_out and self.kernel.is_alive():
            self.kernel.stop()

    def get_sanitize_files(self) -> list[str]:
        """Find the patterns from whatever folder pytest is run in."""
        return [str(Path(__file__).with_name("nbval_sanitize.cfg"))]

    @classmethod
    def end(cls) -> None:
        """End the kernel."""
        for kernel in cls.kernels:
            if kernel.is_alive():
                kernel.stop()
