"""A page opened in headless Chromium, asked questions over the browser's own debugging pipe.

What is asked this way needs no script inside the page, so its Content-Security-Policy
stays in force; and requests of the page are told apart from those of the browser, which
it goes on making in the background whatever the flags say. No name resolves in here.
"""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--disable-default-apps", "--disable-extensions"),
    *("--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND"),
    *("--net-log-capture-mode=Default", "--remote-debugging-pipe", "about:blank"),
)
PATIENCE = 90.0  # seconds for one answer, on a machine busy with other things
NETWORK = ("http:", "https:", "ws:", "wss:", "ftp:")

# The pipe is file descriptors 3 and 4 of the browser.
_START = """
import fcntl, os, sys
reads, writes = (fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3])
os.dup2(reads, 3)
os.dup2(writes, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find_browser() -> str | None:
    """Return the path of the first browser found, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class ChromiumPage:
    """One page in a browser of its own, with a new profile in ``home``."""

    def __init__(self, browser: str, home: Path) -> None:
        self._log = home / "net-log.json"
        self._noise = (home / "stderr.txt").open("w")
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        flags = [f"--user-data-dir={home / 'profile'}", f"--log-net-log={self._log}"]
        start = [sys.executable, "-c", _START, str(to_read), str(to_write)]
        self._process = subprocess.Popen(
            [*start, browser, *flags, *FLAGS],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=self._noise,
            stderr=self._noise,
            start_new_session=True,
        )
        os.close(to_read)
        os.close(to_write)
        self._bytes, self._count, self._session = b"", 0, None
        self.events: list[dict[str, Any]] = []
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(t["targetId"] for t in targets if t["type"] == "page")
        attached = self.ask("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def open(self, address: str) -> None:
        """Go to an address and wait until all it asks for has come or failed."""
        self.events.clear()
        told = self.ask("Page.navigate", url=address)
        assert "errorText" not in told, told
        until = time.monotonic() + PATIENCE
        while not self._seen("Page.loadEventFired"):
            self._take(until)
        self.value("new Promise(done => setTimeout(done, 300))")

    def value(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, asked from outside the page."""
        told = self.ask(
            *("Runtime.evaluate",),
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def resize(self, width: int, *, media: str = "screen") -> None:
        """Give the window a width in CSS pixels, and show the page as for a medium."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.ask("Emulation.setDeviceMetricsOverride", **size)
        self.ask("Emulation.setEmulatedMedia", media=media)

    def requests(self) -> list[str]:
        """Return every address the page asked for, blocked ones included."""
        sent = self._seen("Network.requestWillBeSent")
        return [event["request"]["url"] for event in sent]

    def complaints(self) -> list[str]:
        """Return what a console would show as a warning or an error."""
        entries = [event["entry"] for event in self._seen("Log.entryAdded")]
        said = [e["text"] for e in entries if e["level"] in ("warning", "error")]
        said += [
            str(event["args"])
            for event in self._seen("Runtime.consoleAPICalled")
            if event["type"] in ("warning", "error", "assert")
        ]
        return said + [str(e) for e in self._seen("Runtime.exceptionThrown")]

    def close(self) -> set[str]:
        """End the browser; return every host its whole life tried to reach."""
        self._session = None
        try:
            self.ask("Browser.close")
            self._process.wait(PATIENCE)
        finally:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(PATIENCE)
            os.close(self._read)
            os.close(self._write)
            self._noise.close()
        log = self._log.read_text(encoding="utf-8", errors="replace")
        pattern = r'(?:https?|wss?)://([\w.-]+)|"host":"([\w.-]+)"'
        return {one or other for one, other in re.findall(pattern, log)}

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command of the DevTools protocol and return its result."""
        self._count += 1
        sent: dict[str, Any] = {"id": self._count, "method": method}
        sent["params"] = parameters
        if self._session:
            sent["sessionId"] = self._session
        os.write(self._write, json.dumps(sent).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            told = self._take(until)
            if told.get("id") == self._count:
                assert "error" not in told, f"{method}: {told['error']}"
                return told["result"]

    def _seen(self, method: str) -> list[dict[str, Any]]:
        return [e["params"] for e in self.events if e["method"] == method]

    def _take(self, until: float) -> dict[str, Any]:
        """Return the next message; what is an event is kept as well."""
        while b"\0" not in self._bytes:
            rest = max(until - time.monotonic(), 0.0)
            ready = select.select([self._read], [], [], rest)[0]
            got = os.read(self._read, 1 << 20) if ready else b""
            if not got:
                said = Path(self._noise.name).read_text(errors="replace")[-2000:]
                raise RuntimeError(f"the browser gave no answer; it said:\n{said}")
            self._bytes += got
        line, self._bytes = self._bytes.split(b"\0", 1)
        told: dict[str, Any] = json.loads(line)
        if "method" in told:
            self.events.append(told)
        return told
