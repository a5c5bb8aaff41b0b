"""Greets."""
#: solution
print("Hello, world")
#: mistake
#: mistake shouts
print("HELLO, WORLD")
#: stub
# TODO: greet the world.
#: end
