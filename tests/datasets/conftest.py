from functools import partial
from http.server import ThreadingHTTPServer
from threading import Event, Thread

import pytest
from small_databases import FILES, Handler, know, write
from wfdb.io import download


@pytest.fixture
def database(monkeypatch):
    """A database of four small files in the place of the real one."""
    know(monkeypatch, FILES)
    monkeypatch.delenv("SKLEARN_ECG_DATA", raising=False)


@pytest.fixture
def server(database, tmp_path, monkeypatch):
    """A server on this machine that wfdb takes for PhysioNet."""
    served = tmp_path / "server" / "mitdb" / "1.0.0"
    write(served)
    handler = partial(Handler, directory=tmp_path / "server")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.served, server.requested = served, []
        server.is_silent, server.released = False, Event()
        monkeypatch.setattr(
            download.config, "db_index_url", f"http://127.0.0.1:{server.server_port}/"
        )
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()
