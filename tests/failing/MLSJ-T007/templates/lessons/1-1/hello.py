"""Greets."""
#: solution
print("Hello, world")
#: mistake silent
#: mistake shouts
print("HELLO, WORLD")
#: mistake shout
print("HELLO")
#: stub
# TODO: greet the world.
#: end
