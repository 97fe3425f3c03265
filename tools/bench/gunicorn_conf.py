"""The portal's own settings of gunicorn, without its runner of jobs."""

import os
from typing import Any

from app.gunicorn_conf import (  # noqa: F401
    accesslog,
    bind,
    child_exit,
    control_socket_disable,
    errorlog,
    graceful_timeout,
    keepalive,
    loglevel,
    pre_fork,
    settle,
    threads,
    timeout,
    worker_class,
    workers,
)


def post_worker_init(worker: Any) -> None:
    """What the portal does before the first request; then say that one of so many processes is ready."""
    settle(worker)
    os.write(int(os.environ["READY"]), bytes([workers]))
