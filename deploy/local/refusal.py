"""Why a local installation cannot start, for the person at the terminal. It knows nothing else."""


class Refusal(Exception):  # noqa: N818 - it is no fault of the program but an answer to a person
    """Something is in the way; the text is one line that names it and the remedy."""
