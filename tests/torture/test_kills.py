"""SECURITY.md 21 and 22: a portal that is killed or ended while people study."""

from __future__ import annotations

import random
import signal
import threading

import requests

from app.db.base import new_guid
from tests.torture.conftest import ACKNOWLEDGED, ROUNDS, World, serving


class Countdown:
    """Says when something has happened so many times."""

    def __init__(self, left: int) -> None:
        self.over = threading.Event()
        self._left = left
        self._lock = threading.Lock()

    def one(self) -> None:
        """It happened."""
        with self._lock:
            self._left -= 1
            if self._left <= 0:
                self.over.set()


def test_nothing_acknowledged_is_lost_when_the_portal_is_killed_at_random(world: World) -> None:
    chance = random.Random(4)
    for _ in range(ROUNDS):
        with serving(world.environment) as portal:
            for learner in world.learners:
                learner.sign_in(portal.url)
            enough, never = Countdown(chance.randint(1, 24)), threading.Event()
            threads = [
                threading.Thread(target=learner.answer_all, args=(portal.url, never, enough.one))
                for learner in world.learners
            ]
            for thread in threads:
                thread.start()
            assert enough.over.wait(120)
            portal.kill()
            for thread in threads:
                thread.join(120)
        world.check()
    assert sum(len(learner.acknowledged) for learner in world.learners) >= ROUNDS


def test_a_portal_that_is_asked_to_end_answers_whoever_it_is_working_for(world: World) -> None:
    """Ended while answers are under way, each one that was begun is answered, and is there."""
    with serving(world.environment) as portal:
        for learner in world.learners:
            learner.sign_in(portal.url)
        outcomes: list[int | str] = []
        begun = threading.Barrier(len(world.learners) + 1)

        def study(learner_at: int) -> None:
            learner = world.learners[learner_at]
            begun.wait(60)
            while learner.cards:
                try:
                    outcomes.append(learner.answer(portal.url, learner.cards.pop(), new_guid()))
                except requests.ConnectionError as error:
                    # Nobody listens any more: the request was never begun.
                    outcomes.append("closed" if "refused" in str(error) or "reset" in str(error) else str(error))
                    return

        threads = [threading.Thread(target=study, args=(at,)) for at in range(len(world.learners))]
        for thread in threads:
            thread.start()
        begun.wait(60)
        while len(outcomes) < 8:
            assert portal.get("/health/live").ok
        portal.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(120)
        assert portal.process.wait(60) == 0
    failed = [each for each in outcomes if each not in (*ACKNOWLEDGED, "closed")]
    assert not failed
    world.check()
