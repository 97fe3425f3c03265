"""Every number that decides which card is which, and the figures that chose it.

The weights are those of a logistic regression, rounded, fitted on 476 pairs that the exact steps leave over in the
histories of three files (each version against every later one) and 8,010 pairs of different cards: the likeliest wrong
ones of those histories, and cards of nine question collections of which a quarter was taken away and a quarter added.
"""

BIAS = -5.0
ALIKE = 4.0
NEARLY = 5.0
NEARLY_FROM = 0.8
ORDER = 2.0
STRAYED = -0.5
MOST_STRAYED = 3.0
ANSWER_ALIKE = 6.5
ANSWER_UNLIKE = -4.0
SAME_ANSWER = 2.0
PLACE = 0.95
RETURNS = -1.5
"""The evidence, in natural logarithms of odds, of: nothing known; the words of two questions (from 0 to 1); more for what
goes beyond `NEARLY_FROM`, where neither strays; their order
(0 to 1); what each asks and the other does not (a word's weight each); answers as far as they say something and agree, or
do not; the very same answer; each of the two neighbours being the same; the card being archived."""

ANSWER_MASS = 4.0
"""An answer of as many rare words is trusted by half, a shorter one by less: “Yes.” says nothing, a page nearly all."""
STOCK = 4
"""An answer that more cards have, both sides counted, says nothing: “To be written.”"""
PART_OF = 0.6
"""What it is worth that the shorter answer is wholly in the longer one, beside both being equal."""

CERTAIN = 0.76
ASK = 0.12
"""Certain pairs keep their card; those between are asked about; the rest are different cards."""
MARGIN = 1.0
"""By how much, in the same measure, a pair must be better than the best other arrangement to be certain by half."""

MIN_ANSWER_WORDS = 12
MIN_ANSWER_CHARS = 60
"""A shorter answer is no proof by itself: cards share “Answer: D” and “Learn more here”."""

CANDIDATES = 10
COMMON = 40
LEAST_SHARE = 0.15
"""At most so many stored cards are compared with a question, found by words that no more than so many of them have, and
that share at least so much of what the likeliest one shares."""
ROUNDS = 3
"""How often what was paired may tell its neighbours' places again."""
