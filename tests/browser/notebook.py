"""A notebook in JupyterLab, as a learner handles it."""

import re

from playwright.sync_api import Locator, Page, expect

SLOWLY = 60_000  # ms: two cores, shared with other tests, start a kernel


class Lesson:
    """A notebook in JupyterLab, its cells known by a piece of their source."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.open()

    def open(self) -> None:
        self.page.goto("about:blank")
        self.page.goto(self.url)
        expect(self.page.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=SLOWLY)
        self.idle()

    def idle(self) -> None:
        """Wait until the kernel has nothing to do."""
        # The circle beside the kernel's name says "idle" before there is a kernel; the bottom line does not.
        status = self.page.locator("#jp-bottom-panel")
        expect(status).to_contain_text("(ipykernel) | Idle", timeout=SLOWLY)

    def menu(self, *names: str) -> None:
        for name in names:
            self.page.get_by_role(
                "menuitem", name=re.compile(rf"^{name}( (Ctrl|Alt|Shift)\b.*)?$")
            ).first.click()

    def save(self) -> None:
        """Save, and wait until it is done: a tab that is closed before asks what to do."""
        self.menu("File", "Save Notebook")
        expect(self.page.locator(".lm-mod-current.jp-mod-dirty")).to_have_count(0, timeout=SLOWLY)

    def run_all(self) -> None:
        self.menu("Run", "Run All Cells")
        last = self.page.locator(".jp-CodeCell .jp-InputPrompt").last
        expect(last).to_have_text(re.compile(r"\[\d+\]"), timeout=SLOWLY)

    def cell(self, source: str) -> Locator:
        """Return the code cell that contains ``source``, scrolled into view."""
        cell = (
            self.page.locator(".jp-CodeCell")
            .filter(has=self.page.locator(".cm-content", has_text=source))
            .first
        )
        cell.scroll_into_view_if_needed()
        return cell

    def rewrite(self, source: str, new: str) -> Locator:
        """Replace the source of a cell as a learner does, run it, and return the cell."""
        self.cell(source).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(new)
        self.page.keyboard.press("Control+Enter")
        self.idle()
        return self.cell(new.splitlines()[0])
