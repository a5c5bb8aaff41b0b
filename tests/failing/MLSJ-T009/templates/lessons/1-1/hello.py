"""Greets."""
#: solution
print("Hello, world")
#: mistake silent
print("Hello, world")
#: mistake shouts
print("HELLO, WORLD")
#: stub
# TODO: greet the world.
#: end
