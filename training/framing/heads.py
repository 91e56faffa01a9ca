"""What the models say of a comment: the names and the order of their numbers."""

from __future__ import annotations

#: The house's categories; shouting is a rule and needs no head.
CATEGORIES = ("attack", "dehumanise", "threat", "rage_bait", "profanity_directed")
#: The house's overall score, and two scores in the usual public sense (swearing counts).
HEADS = ("framing", *CATEGORIES, "toxicity", "profanity")
#: What the pieces of a comment are scored for: a passage to show, a toxic word.
PIECE_HEADS = ("passage", "toxic")
