from pathlib import Path

Path("out").mkdir()
Path("out/x").write_text("")
Path("y").write_text("")
