def judge(context)
    return None
