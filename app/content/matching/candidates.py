"""Which stored cards are worth comparing with a question: those that share rare words with it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from heapq import nsmallest
from itertools import combinations, pairwise

from app.content.matching.profile import Lexicon, Profile
from app.content.matching.thresholds import CANDIDATES, COMMON, LEAST_SHARE

_RAREST = 8
_PAIRED = 5
_LONGEST = 60
"""Words of a question that are looked up: of a page of code the first ones are enough to find it by."""


class Finder:
    """An index from rare words to cards. A word that many cards have leads nowhere, so that time stays proportional."""

    def __init__(self, lexicon: Lexicon, profiles: Mapping[str, Profile]) -> None:
        self._weights = lexicon.weights
        index: defaultdict[object, list[str]] = defaultdict(list)
        for guid, profile in profiles.items():
            for key in set(self._keys(profile)):
                index[key].append(guid)
        self._index = {key: guids for key, guids in index.items() if len(guids) <= COMMON}

    def find(self, profile: Profile) -> tuple[str, ...]:
        """The cards that share most with `profile`, the likeliest first."""
        shares: defaultdict[str, float] = defaultdict(float)
        for key in dict.fromkeys(self._keys(profile)):
            guids = self._index.get(key, ())
            for guid in guids:
                shares[guid] += 1 / len(guids)
        least = LEAST_SHARE * max(shares.values(), default=0.0)
        likely = [guid for guid, share in shares.items() if share >= least]
        return tuple(sorted(likely, key=lambda guid: (-shares[guid], guid))[:CANDIDATES])

    def _keys(self, profile: Profile) -> Iterator[object]:
        """The words of the question and those that follow each other; the rarest words of the answer; pairs of rare words.

        Words that are common one by one may be rare together: the code under a title that all questions have.
        """
        asks = profile.asks[:_LONGEST]
        yield from asks
        yield from pairwise(asks)
        yield from combinations(sorted(self._rarest(set(asks))[:_PAIRED]), 2)
        rarest = self._rarest(profile.answers)
        yield from (("answer", word) for word in rarest)
        yield from (("answer", *pair) for pair in combinations(sorted(rarest[:_PAIRED]), 2))

    def _rarest(self, words: Iterable[str]) -> list[str]:
        weights = self._weights
        return nsmallest(_RAREST, words, key=lambda word: (-weights[word], -len(word), word))
