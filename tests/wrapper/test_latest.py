"""What was made last is made once, and never taken for what another object makes."""

from __future__ import annotations

from voucherify_wrapper._latest import Latest


def test_the_same_object_is_looked_at_once() -> None:
    """An equal one is another one: it is looked at again, as is one that comes back."""
    seen: list[list[int]] = []

    def total(numbers: list[int]) -> int:
        seen.append(numbers)
        return sum(numbers)

    latest, first, second = Latest(total), [1, 2], [1, 2]
    assert [latest(numbers) for numbers in (first, first, second, second, first)] == [3] * 5
    assert seen == [first, second, first]
    assert seen[0] is seen[2] is first
    assert seen[1] is second


def test_what_failed_is_tried_again() -> None:
    """A failure is nothing that was made."""
    empty: list[int] = []
    latest: Latest[list[int], int] = Latest(lambda numbers: 1 // len(numbers))
    for _ in range(2):
        try:
            latest(empty)
        except ZeroDivisionError:
            empty.append(1)
    assert latest(empty) == 1
