ordered = sorted
