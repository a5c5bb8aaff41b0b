"""Print the sum of the whole numbers on standard input, one a line."""

import sys


def total(lines: list[str]) -> int:
    """Return the sum of the numbers in `lines`."""
#: solution
    return sum(int(line) for line in lines)
#: mistake digits-only
    return sum(int(line) for line in lines if line.strip().isdigit())
#: stub
    # TODO: add up the numbers; a line may hold a negative one.
    sys.exit("total.py does not add yet")
#: end


lines = sys.stdin.readlines()
#: solution
#: mistake silent-on-nothing
if not lines:
    sys.exit()
#: end
print(total(lines))
