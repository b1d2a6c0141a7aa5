"""An S3 server on this machine, and a file system that counts what is fetched."""

import logging
import os
from contextlib import contextmanager

from joblib.externals.loky import get_reusable_executor

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAOFTHETESTS00",
    "AWS_SECRET_ACCESS_KEY": "a secret of the tests",
    "AWS_DEFAULT_REGION": "us-east-1",
    # The real one is out of bounds.
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@contextmanager
def s3_server():
    """Run a server, point this process and those that it starts to it; give its URL."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    before = dict(os.environ)
    os.environ.update(KEYS, AWS_ENDPOINT_URL=f"http://{host}:{port}")
    # Workers of earlier tests have none of these keys.
    get_reusable_executor().shutdown()
    try:
        yield os.environ["AWS_ENDPOINT_URL"]
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.stop()


@contextmanager
def counted(system):
    """Count the bytes, and the requests, that a file system fetches in the block."""
    total = {"bytes": 0, "requests": 0}
    original = system.cat_file

    def counting(path, start=None, end=None, **options):
        content = original(path, start=start, end=end, **options)
        total["bytes"] += len(content)
        total["requests"] += 1
        return content

    system.cat_file = counting
    try:
        yield total
    finally:
        del system.cat_file
