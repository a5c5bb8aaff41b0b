"""Greets."""
#: solution
print("Hello, world")
#: mistake silent
#: mistake shouts
print("HELLO, WORLD")
#: stub
# TODO: greet the world.
#: end
