"""The shape of a Parquet file, read by the pyarrow of the lesson's environment."""

from __future__ import annotations

import json
from pathlib import Path

from mlsj.kinds import _found
from mlsj.kinds._cells import WORDS, Table
from mlsj.kinds.base import Context, Finding, Verdict, failed

# It prints the schema as names that are ours, or how reading failed; nothing of the file itself is run.
_READ = """
import json, sys
try:
    import pyarrow.parquet, pyarrow.types as is_
except ImportError:
    sys.exit(3)
def name(t):
    for word, test in (("boolean", is_.is_boolean), ("integer", is_.is_integer), ("number", is_.is_floating),
                       ("number", is_.is_decimal), ("date", is_.is_date), ("timestamp", is_.is_timestamp),
                       ("text", is_.is_string), ("text", is_.is_large_string)):
        if test(t):
            return word
    return name(t.value_type) if is_.is_dictionary(t) else str(t)
try:
    with pyarrow.parquet.ParquetFile(sys.argv[1]) as file:
        columns = {field.name: name(field.type) for field in file.schema_arrow}
        rows = sum(batch.num_rows for batch in file.iter_batches())
    json.dump({"columns": columns, "rows": rows}, sys.stdout)
except Exception as error:
    json.dump({"error": str(error)[:300]}, sys.stdout)
"""


def look(path: Path, name: str, table: Table, context: Context) -> Finding | None:
    """Return what is wrong with the table, or None."""
    where = _found.place(context, name)
    ran = context.run(["python3", "-I", "-c", _READ, str(path)], cwd=context.scratch)
    if ran.exit_code == 3:
        message = "the lesson's environment has no pyarrow, which reading Parquet needs: add it and run mlsj lock"
        return Finding(Verdict.ERROR, message, phase="environment")
    try:
        found = json.loads(ran.stdout)
    except ValueError:
        return Finding(Verdict.ERROR, f"the Parquet reader broke: {ran.ending}", phase="environment")

    def wrong(message: str, expected: str, got: str, next_step: str) -> Finding:
        return failed(message, expected=expected, got=got, next_step=next_step, where=where)

    if "error" in found:
        return wrong(f"{name} is not Parquet", "a Parquet file", found["error"], "write it with a Parquet library")
    columns, rows = found["columns"], found["rows"]
    for column, kind in table.columns.items():
        if column not in columns:
            got = ", ".join(columns) or "no columns"
            return wrong(f"{name} has no column '{column}'", column, got, f"write the column '{column}'")
        if columns[column] != kind and not (kind == "number" and columns[column] == "integer"):
            have = columns[column]
            step = f"convert the column '{column}' before you write it"
            return wrong(f"column '{column}' of {name} has another type", WORDS[kind], WORDS.get(have, have), step)
    return rows_wrong(rows, table, name, where)


def rows_wrong(rows: int, table: Table, name: str, where: str) -> Finding | None:
    """Return a fail when a table has too few or too many rows."""
    few = rows < table.min_rows
    if not few and (table.max_rows is None or rows <= table.max_rows):
        return None
    bound = f"at least {table.min_rows} rows" if few else f"at most {table.max_rows} rows"
    message = f"{name} has too {'few' if few else 'many'} rows"
    step = f"find out where rows are {'lost' if few else 'repeated or added'} before they are written"
    return failed(message, expected=bound, got=f"{rows}", where=where, next_step=step)
