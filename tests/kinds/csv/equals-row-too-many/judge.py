import datetime

def rows(context):
    day = datetime.date(2024, 2, 29)
    return [
        {"name": "cat", "price": 9.0, "day": datetime.date(2024, 3, 2)},
        {"name": "ape", "price": 2.5, "day": day},
        {"name": "bee", "price": 1.25, "day": datetime.date(2024, 3, 1)},
    ]
