# Try this:
print("Hello, world, and everyone who lives in it today")
