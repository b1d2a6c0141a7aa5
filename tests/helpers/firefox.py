"""Firefox without a window, by WebDriver BiDi: it needs no driver beside it."""

import itertools
import json
import os
import shutil
import subprocess
import time

import pytest
import websocket


class Firefox:
    """What a reader does with a page, in Firefox."""

    def __init__(self, port):
        self._socket = _connected(f"ws://127.0.0.1:{port}/session")
        self._numbers = itertools.count(1)
        self._call("session.new", capabilities={})
        tree = self._call("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    def open(self, address):
        """Open a page."""
        self._call(
            "browsingContext.navigate",
            context=self._context,
            url=address,
            wait="complete",
        )

    def run(self, expression):
        """Return what an expression gives, which can be JSON."""
        answer = self._call(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then(JSON.stringify)",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"].get("value", "null"))

    def choose(self, element, files):
        """Choose files in an element."""
        found = self._call(
            "browsingContext.locateNodes",
            context=self._context,
            locator={"type": "css", "value": element},
        )
        (node,) = found["nodes"]
        self._call(
            "input.setFiles",
            context=self._context,
            element={"sharedId": node["sharedId"]},
            files=[str(file) for file in files],
        )

    def wait(self, expression, seconds=30):
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({expression})"):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.1)

    def close(self):
        """Say goodbye."""
        self._socket.close()

    def _call(self, method, **parameters):
        number = next(self._numbers)
        call = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(call))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]


def _connected(address):
    """Connect once Firefox listens."""
    end = time.monotonic() + 60
    while True:
        try:
            return websocket.create_connection(
                address, timeout=60, suppress_origin=True
            )
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


@pytest.fixture(scope="session")
def firefox(tmp_path_factory):
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        if os.environ.get("SKLEARN_ECG_REQUIRE_TOOLCHAIN") == "1":
            pytest.fail("Firefox is required, and not here")
        pytest.skip("Firefox is not installed")
    home = tmp_path_factory.mktemp("firefox")
    port = 9300 + os.getpid() % 500
    options = ["--headless", "--no-remote", "--profile", str(home)]
    options += ["--remote-debugging-port", str(port)]
    with subprocess.Popen(
        [program, *options],
        env={**os.environ, "HOME": str(home), "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        browser = Firefox(port)
        yield browser
        browser.close()
        process.terminate()
