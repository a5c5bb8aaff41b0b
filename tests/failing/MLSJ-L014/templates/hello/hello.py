#: solution
print("Hello, " + "world")
#: mistake silent
value = "Hello, world"
#: mistake shouts
print("HELLO")
#: stub
# TODO: greet the world
#: end
