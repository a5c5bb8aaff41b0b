"""Greets."""
#: solution
print("Hello, world")
#: solution
#: mistake silent
#: mistake shouts
print("HELLO, WORLD")
#: stub
# TODO: greet the world.
#: end
