"""Why the product does not start, in one sentence for the terminal."""


class Refusal(Exception):
    pass
