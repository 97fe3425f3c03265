"""Two gunicorns on one PostgreSQL: a client that goes to the other one when one is killed loses nothing, and doubles nothing."""

from __future__ import annotations

import itertools
import threading

import requests

from app.db.base import new_guid
from tests.browser.portals import environment_of
from tests.torture.conftest import ACKNOWLEDGED, ROUNDS, World, serving


def test_retrying_elsewhere_with_the_same_key_loses_and_doubles_nothing(postgresql_url: str) -> None:
    world = World(postgresql_url, learners=2, cards=max(40, 6 * ROUNDS))
    other = world.environment | {"PORT": environment_of(postgresql_url)["PORT"]}
    sent = 0
    with serving(world.environment) as stays:
        for learner in world.learners:
            learner.sign_in(stays.url)
        for _ in range(ROUNDS):
            with serving(other) as dies:
                turns = [
                    threading.Thread(target=alternate, args=(world, at, (dies.url, stays.url), 5))
                    for at in range(len(world.learners))
                ]
                for turn in turns:
                    turn.start()
                dies.kill()
                for turn in turns:
                    turn.join(120)
                sent += 5 * len(turns)
    assert sum(len(learner.acknowledged) for learner in world.learners) == sent
    world.check()


def alternate(world: World, at: int, urls: tuple[str, ...], count: int) -> None:
    """Answer so many cards, each sent again with its key, to the other portal, until it is acknowledged."""
    learner, turn = world.learners[at], itertools.cycle(urls)
    for _ in range(count):
        card, key = learner.cards.pop(), new_guid()
        for url in turn:
            try:
                if learner.answer(url, card, key) in ACKNOWLEDGED:
                    break
            except requests.RequestException:
                continue
        # Whoever answered, the very same again gives the same and adds nothing.
        assert learner.answer(urls[-1], card, key) in ACKNOWLEDGED
