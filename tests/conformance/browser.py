"""A headless Chromium, spoken to over a pipe (--remote-debugging-pipe): JSON messages that end
in a zero byte, on its file descriptors 3 and 4. The standard library is enough for that."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--disable-extensions", "--no-default-browser-check",
         "--lang=en-US", "--window-size=1600,1100", "--remote-debugging-pipe")
# The page may speak to this machine only: MLflow's asks for fonts and feature notices.
HOSTS = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"


class BrowserError(Exception):
    pass


def find():
    """The path of a browser, or None. CHROMIUM names one."""
    wanted = os.environ.get("CHROMIUM")
    for name in (wanted,) if wanted else NAMES:
        path = shutil.which(name)
        if path:
            return path
    return None


class Browser:
    def __init__(self, path, log):
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        to_read, self.to = os.pipe()
        self.at, from_write = os.pipe()
        self.last = 0
        self.rest = b""
        self.session = None

        def descriptors():
            # by way of high numbers: the pipes themselves may be 3 and 4
            high = os.dup2(to_read, 100), os.dup2(from_write, 101)
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)
            os.close(100)
            os.close(101)

        with open(log, "wb") as errors:
            # pylint: disable=subprocess-popen-preexec-fn
            self.process = subprocess.Popen(
                (path, *FLAGS, HOSTS, "--user-data-dir=" + self.profile, "about:blank"),
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                close_fds=False, preexec_fn=descriptors)
        os.close(to_read)
        os.close(from_write)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        self.call("Page.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.call("Browser.close", seconds=5)
        except (BrowserError, OSError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.at)
        shutil.rmtree(self.profile, ignore_errors=True)

    def message(self, until):
        while b"\0" not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.at], [], [], left)[0]:
                raise BrowserError("the browser does not answer")
            chunk = os.read(self.at, 1 << 16)
            if not chunk:
                raise BrowserError("the browser has ended")
            self.rest += chunk
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, seconds=30, **params):
        self.last += 1
        request = {"id": self.last, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        until = time.monotonic() + seconds
        while True:
            answer = self.message(until)
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error'].get('message')}")
                return answer["result"]

    def run(self, expression, seconds=30):
        """The value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", seconds=seconds, expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression[:60]}: {answer['exceptionDetails'].get('text')}")
        return answer["result"].get("value")

    def open(self, url):
        # Pages of one application differ after the '#' only: begin each anew.
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)

    def text(self):
        return self.run("document.body ? document.body.innerText : ''") or ""

    def wait(self, wanted, seconds=30):
        """Waits until the page shows all texts; what is missing, when they do not come."""
        until = time.monotonic() + seconds
        while True:
            shown = self.text()
            missing = [w for w in wanted if w not in shown]
            if not missing or time.monotonic() > until:
                return missing
            time.sleep(0.25)

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
