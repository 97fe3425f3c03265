"""How gunicorn serves the portal: by as many processes as WEB_CONCURRENCY says, two where there are two cores, with threads."""

import gc
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from app import gunicorn_worker, processors
from app.config import Settings
from app.web import jobs, logs, mail

_settings = Settings.from_environment()
logs.set_up(_settings.log_level)

bind = f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"
workers = _settings.web_concurrency
worker_class = "app.gunicorn_worker.Worker"
threads = _settings.threads
timeout = 60
graceful_timeout = 30
keepalive = 15
accesslog = None
errorlog = "-"
loglevel = _settings.log_level.lower().replace(
    "debug", "info"
)  # at “debug” it writes down every address, links included
proc_name = "reprise"
control_socket_disable = True
forwarded_allow_ips = forwarder_headers = ""
"""From the machine itself gunicorn would take a scheme, and where the portal stands, from any client's headers that a proxy
hands on: `app.web.placing` alone knows whom to believe."""


class logger_class(Logger):  # type: ignore[misc]  # noqa: N801  # the setting's name
    """Gunicorn's own lines as all others: one JSON object each, without secrets."""

    def setup(self, cfg: Any) -> None:
        """Give up the handler that gunicorn would write with."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


_shares = processors.Shares()


def pre_fork(_server: Any, worker: Any) -> None:
    """Give the process that is to come a processor of its own.

    One that serves alone, by `WEB_CONCURRENCY`, keeps all of them: its threads hash passwords and read the database beside each other.
    """
    worker.processor = _shares.give(worker.age) if _settings.own_processors and workers > 1 else None


def post_worker_init(worker: Any) -> None:
    """Run jobs and send mails beside the requests; leases keep the runners of several workers apart."""
    app = worker.app.wsgi()
    jobs.start_thread(app)
    mail.start_thread(app)
    settle(worker)


def child_exit(_server: Any, worker: Any) -> None:
    """Take the connections of a process that has ended out of the count, and its processor back."""
    gunicorn_worker.forget(worker)
    _shares.take_back(worker.age)


def settle(worker: Any) -> None:
    """Keep the threads that answer to the process's own processor, and leave what was loaded out of searches for garbage.

    What was loaded at the start stays, and looking at it each time takes a while. Threads that were started before run anywhere.
    """
    if worker.processor is not None:
        processors.keep_to(worker.processor)
        if not _settings.is_sqlite:
            processors.give_way()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)  # a request makes some thousand objects that go without a search
