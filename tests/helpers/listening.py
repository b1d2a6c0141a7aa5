"""A server that hears whatever is sent, and a script that tries to send."""

import socket
import threading
from contextlib import contextmanager

NO_BYTE = b"(a connection)"


@contextmanager
def listening():
    """Yield the port of a server, and what it hears."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        is_over = threading.Event()

        def listen():
            while not is_over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                connection.settimeout(1)
                try:
                    heard.append(connection.recv(100))
                except TimeoutError:
                    heard.append(NO_BYTE)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], heard
        is_over.set()
        thread.join()


SEND = """
const at = `http://127.0.0.1:${port}/`;
const tries = {
  fetch: () => fetch(at, {mode: "no-cors"}),
  socket: () => new Promise((yes, no) => {
    const opened = new WebSocket(at.replace("http", "ws"));
    opened.onopen = yes; opened.onerror = no;
  }),
  beacon: () => navigator.sendBeacon(at, "x") || Promise.reject(),
  events: () => new Promise((yes, no) => {
    const source = new EventSource(at);
    source.onopen = yes; source.onerror = no;
  }),
  scripts: () => importScripts(at),
  image: () => new Promise((yes, no) => {
    const image = new Image();
    image.onload = yes; image.onerror = no; image.src = at;
  }),
};
const sent = [];
for (const [name, does] of Object.entries(tries)) {
  try { await does(); sent.push(name); } catch { /* as it should be */ }
}
"""
