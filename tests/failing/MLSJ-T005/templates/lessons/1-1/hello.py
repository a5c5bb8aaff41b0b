"""Greets."""
#: mistake silent
#: mistake shouts
print("HELLO, WORLD")
#: stub
# TODO: greet the world.
#: end
