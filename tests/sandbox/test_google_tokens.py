from datetime import UTC, datetime, timedelta

from sandbox import google_tokens
from sandbox.person import Person
from sandbox.tokens import Grant

NOW = datetime(2026, 11, 24, tzinfo=UTC)
END = NOW + timedelta(hours=1)
PERSON = Person("a@example.com", verified=False)


def test_an_access_token_ends_and_a_refresh_token_does_not() -> None:
    access = google_tokens.issue_access(["a"], PERSON, END, "1")
    assert google_tokens.read_access(access, NOW) == Grant(frozenset({"a"}), END, PERSON)
    assert google_tokens.read_access(access, END) is None
    refresh = google_tokens.read_refresh(google_tokens.issue_refresh(["a"], PERSON, "1"), NOW + timedelta(days=36500))
    assert refresh is not None
    assert (refresh.scopes, refresh.person) == (frozenset({"a"}), PERSON)


def test_neither_passes_for_the_other() -> None:
    assert google_tokens.read_refresh(google_tokens.issue_access(["a"], PERSON, END, "1"), NOW) is None
    assert google_tokens.read_access(google_tokens.issue_refresh(["a"], PERSON, "1"), NOW) is None


def test_short_scopes_are_granted_by_their_long_names() -> None:
    asked = google_tokens.scopes_of("openid email profile https://mail.google.com/")
    assert asked == {"openid", google_tokens.EMAIL, google_tokens.PROFILE, google_tokens.MAIL}


def test_a_subject_stays_the_same_and_has_21_digits() -> None:
    assert google_tokens.subject(PERSON) == google_tokens.subject(Person("A@example.com")) == "509701840883962860967"
    assert google_tokens.subject(Person("b@example.com")) != google_tokens.subject(PERSON)
