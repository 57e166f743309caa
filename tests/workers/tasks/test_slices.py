from workers.tasks.slices import next_size


def test_a_slice_that_holds_its_locks_too_long_is_followed_by_a_smaller_one() -> None:
    assert [next_size(200, seconds) for seconds in (0.005, 0.015, 0.03)] == [400, 200, 100]
    assert (next_size(10, 1.0), next_size(2000, 0.0)) == (10, 2000)
