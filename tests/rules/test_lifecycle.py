"""docs/lifecycle.md shows the verbs as the code has them."""

import re
from collections.abc import Iterable

from config.vocabulary import BatchState, State
from models.lifecycle import BATCH_STEPS, FROM, BatchVerb, Verb
from tests.rules.sources import ROOT


def documented(page: str = "lifecycle.md", words: Iterable[str] = State) -> dict[str, tuple[set[str], set[str]]]:
    """Each verb of the table with the states it names on the left and on the right."""
    rows = re.findall(r"^\| (\w+) \| ([^|]*) \| ([^|]*) \|$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    states = {str(state) for state in words}
    return {
        verb: (states & set(re.findall(r"\w+", left)), states & set(re.findall(r"\w+", right)))
        for verb, left, right in rows
    }


def test_every_verb_stands_with_its_states() -> None:
    table = documented()
    table.pop("verb")
    assert {verb: left for verb, (left, _) in table.items()} == {
        str(verb): {str(state) for state in FROM[verb]} for verb in Verb
    }
    assert all(right for _, right in table.values())


def test_every_verb_of_a_batch_stands_with_its_states() -> None:
    table = documented("batches.md", BatchState)
    table.pop("verb")
    assert table == {
        str(verb): ({str(state) for state in start}, {str(target)}) for verb, (start, target) in BATCH_STEPS.items()
    }
    assert {*BATCH_STEPS} == {*BatchVerb}


def test_every_state_can_be_reached() -> None:
    assert {state for _, right in documented().values() for state in right} == {str(state) for state in State}


def test_every_proof_that_is_named_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", (ROOT / "docs" / "lifecycle.md").read_text()))
    assert len(named) > 5
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
