"""Print the sum of the numbers on the command line."""

import sys

numbers = [int(word) for word in sys.argv[1:]]
#: solution
print(sum(numbers))
#: mistake leaves-out-the-last
print(sum(numbers[:-1]))
#: mistake needs-a-number
total = numbers[0]
for number in numbers[1:]:
    total += number
print(total)
#: stub
sys.exit("add.py does not add yet")
#: end
