"""Refusals that a person may read."""


class UserError(Exception):
    """A refusal with a sentence fit for the page."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
