"""The portal's own settings of gunicorn, without its runner of jobs."""

from app.gunicorn_conf import (  # noqa: F401
    accesslog,
    bind,
    control_socket_disable,
    errorlog,
    graceful_timeout,
    keepalive,
    loglevel,
    threads,
    timeout,
    worker_class,
    workers,
)
