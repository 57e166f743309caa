from sandbox.person import Person


def test_a_number_is_the_same_for_the_same_address_however_written() -> None:
    number = Person("a@example.com").number("vendor", 21)
    assert Person("A@Example.com", verified=False).number("vendor", 21) == number
    assert Person("b@example.com").number("vendor", 21) != number
    assert Person("a@example.com").number("another", 21) != number


def test_a_number_has_exactly_so_many_digits() -> None:
    people = [Person(f"{number}@example.com") for number in range(100)]
    assert {len(str(person.number("vendor", 21))) for person in people} == {21}


def test_no_address_in_a_repr() -> None:
    assert "example" not in repr(Person("a@example.com"))
