#: solution
print("Hello, " + "world")
#: mistake silent
value = "Hello, world"
#: stub
# TODO: greet the world
#: end
