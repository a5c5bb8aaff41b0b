#: solution
print()
