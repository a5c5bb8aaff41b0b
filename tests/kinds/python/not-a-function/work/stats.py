median = 3.0
