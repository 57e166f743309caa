"""docs/lifecycle.md shows the verbs as the code has them."""

import re

from config.vocabulary import State
from models.lifecycle import FROM, Verb
from tests.rules.sources import ROOT


def documented() -> dict[str, tuple[set[str], set[str]]]:
    """Each verb of the table with the states it names on the left and on the right."""
    page = (ROOT / "docs" / "lifecycle.md").read_text()
    rows = re.findall(r"^\| (\w+) \| ([^|]*) \| ([^|]*) \|$", page, re.MULTILINE)
    states = {str(state) for state in State}
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


def test_every_state_can_be_reached() -> None:
    assert {state for _, right in documented().values() for state in right} == {str(state) for state in State}


def test_every_proof_that_is_named_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", (ROOT / "docs" / "lifecycle.md").read_text()))
    assert len(named) > 5
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
