"""Every number that decides which card is which, and the figures that chose it.

The weights are those of a logistic regression, rounded, fitted on 476 pairs that the exact steps leave over in the
histories of three files (each version against every later one) and 8,010 pairs of different cards: the likeliest wrong
ones of those histories, and cards of nine question collections of which a quarter was taken away and a quarter added.

With them, importing the versions one on top of the other (5,903 certain pairs) keeps 99.9 %; of reworded questions 98 %, of
those with both texts edited 92 %. No card gets another one's history; 0.4 % are asked about. Between versions that are
years apart (19,013 pairs) 98.6 % are kept and none is wrong.
"""

BIAS = -5.0
"""Evidence is counted in natural logarithms of odds. This is what is known of any two cards: that most are not the same."""
ALIKE = 4.0
"""The words of two questions, as far as they are shared, from 0 to 1."""
NEARLY = 5.0
NEARLY_FROM = 0.8
"""More for what goes beyond, where neither question asks for something that the other does not."""
ORDER = 2.0
"""The order of the words, from 0 to 1."""
STRAYED = -0.5
MOST_STRAYED = 3.0
"""What each question has and the other does not, for the weight of a rare word, up to so many."""
OPPOSED = -2.5
"""One of the questions has a negation, the other none."""
ANSWER_ALIKE = 6.5
ANSWER_UNLIKE = -4.0
"""What the answers share and what they do not, each as far as they say something."""
SAME_ANSWER = 2.0
"""The answers are the very same."""
PLACE = 0.95
"""For each of the two neighbours that are the same; less where they are further away."""
RETURNS = -1.5
"""The card was archived by its source."""

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
LEAST_SHARE = 0.2
"""At most so many stored cards are compared with a question, found by words that no more than so many of them have, and
that share at least so much of what the likeliest one shares."""
ROUNDS = 3
"""How often what was paired may tell its neighbours' places again."""
