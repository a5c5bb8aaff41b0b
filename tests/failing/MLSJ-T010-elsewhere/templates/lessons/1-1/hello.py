"""Greets."""
#: solution
print("Hello, world, and everyone who lives in it today")
#: mistake silent
#: mistake shouts
print("HELLO, WORLD")
#: stub
# TODO: greet the world.
#: end
