"""Sentences that are made where no page is near, and translated where one is (`app.language.said`)."""

from __future__ import annotations


def N_(sentence: str) -> str:
    """The sentence itself: marks it for the catalogues of translations."""
    return sentence


class SentenceError(Exception):
    """An error that says one sentence; what fills its `%(name)s` is kept apart, so that a page can say it in another language."""

    def __init__(self, sentence: str = "", **parameters: object) -> None:
        super().__init__(sentence % parameters if parameters else sentence)
        self.sentence, self.parameters = sentence, parameters
