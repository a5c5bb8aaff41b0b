"""Print the whole numbers from 1 to the number on the command line, one a line.

An example to write over: the solution, each mistake and the learner's stub stand side by side, in regions.
"""

import sys

count = int(sys.argv[1])
#: solution
for number in range(1, count + 1):
    print(number)
#: mistake off-by-one
for number in range(1, count):
    print(number)
#: mistake nothing-at-all
print(end="")
#: stub
# TODO: print the numbers from 1 to `count`.
sys.exit("main.py does not count yet")
#: end
