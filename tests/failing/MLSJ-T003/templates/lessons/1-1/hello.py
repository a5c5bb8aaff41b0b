"""Greets."""
#: solution
print("Hello, world")
#: mistake silent
#: mistake shouts
print("HELLO, WORLD")
#: stubb
# TODO: greet the world.
#: end
