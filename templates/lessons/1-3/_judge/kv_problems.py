"""What the judge may find wrong, and the one thing to do next about each."""

from typing import NamedTuple


class Problem(NamedTuple):
    """The message of a fail, and its next step."""

    message: str
    next_step: str


SPEAK = "speak to it yourself: python3 kv.py /tmp/kv-demo"
SILENT = Problem("the store no longer answers", SPEAK)
NOT_OPEN = Problem("the store does not open", "open it yourself and read what it says: python3 kv.py /tmp/kv-demo")
NOT_AGAIN = Problem("the store does not open again", "open it twice yourself: python3 kv.py /tmp/kv-demo")
NOT_OK = Problem("a change was not answered with OK", "see which exception it is, and what raises it")

# model
RAISES = Problem("a command was answered with an error", "see which exception it is, and what raises it")
OLDER = Problem("GET answered an older value", "the newest record must win: in which order do you read the segments?")
MISSING = Problem("GET does not find a key that was put", "follow the key through put, the index and opening again")
OTHER = Problem("GET answered something else than was put", "where does a key end, and where its value?")

# crash
NOT_AFTER_KILL = Problem("the store does not open after a kill", "kill it with kill -9 and open it: what did it leave?")
LOST = Problem(
    "an acknowledged write is lost after a kill",
    "answer when the kernel has the bytes, not when a buffer of yours has them",
)
INVENTED = Problem("a kill left a value that was not put", "take a record only when all of it is there")

# append-only
REWRITTEN = Problem(
    "bytes that were already written were written again",
    "append the new record and let the index point to it: a crash in between must find the old one",
)
NOT_ROLLED = Problem("a full segment was written to", "begin a new segment when the present one is full")

# torn-tail
NOT_AFTER_CUT = Problem(
    "the store does not open after a cut", "half a record at the end of the newest segment is no damage: take it away"
)
NEVER_WRITTEN = Problem(
    "a value was returned that was never written",
    "check each record against a checksum of all of it, lengths included, when you read it, in get as well",
)
TOOK_ALONG = Problem("a cut at the end took an earlier write along", "drop the record that is not whole, nothing more")
NOT_BEHIND_CUT = Problem("the store does not open after writes behind a cut", "take the half record away first")
LOST_BEHIND_CUT = Problem(
    "a write made after the recovery is lost", "take half a record away: no reader gets past it to what comes behind"
)

# compaction
RISEN = Problem(
    "a deleted key came back after compact", "a tombstone may go only when no older segment is left that holds its key"
)
CHANGED = Problem(
    "compact lost or changed a key", "which segment has its newest record? Copy that, and point to the copy"
)
UNDONE = Problem(
    "a write after compact was undone by opening again", "what is written after a compaction is newer than its output"
)
TOO_LARGE = Problem(
    "compact left too much", "write only the newest record of each live key, then remove every old segment"
)

# compaction-crash
NOT_ENDED = Problem("compact did not end well", "call compact yourself, in a store with several segments")
NOT_AFTER_COMPACT_KILL = Problem(
    "the store does not open after a kill during compact", "let opening clear up what is unfinished"
)
COMPACT_LOST = Problem(
    "a kill during compact lost an acknowledged write",
    "remove an old segment only when the new one is whole and has its final name",
)
COMPACT_RISEN = Problem(
    "a kill during compact brought a deleted key back",
    "a tombstone must outlive what it buries: in which order do the old segments go?",
)

# measurements
IN_MEMORY = Problem(
    "the values are kept in memory",
    "keep in the index where a value lies, not the value, and read it when it is asked for",
)
WRITES = Problem(
    "the store writes more than a tenth of what the B-tree writes",
    "how often is a byte written again? Compact when it is asked for, or when half of all is garbage",
)
UNSEEN = Problem(
    "fewer bytes were written than were put", "use write calls: what goes through a memory map nobody counts"
)
READS = Problem(
    "a get reads more than half of what the B-tree reads",
    "you know place and length: read just that, and mind how much a buffered file fetches",
)
MISSES = Problem("a get of a key that is not there reads the disk", "what the index does not know, no segment holds")
NO_FIGURES = Problem(
    "amplification.py does not print its figures", "run it yourself: python3 amplification.py --rows 1000"
)


def not_counted(name: str, engine: str) -> Problem:
    """Return the problem of one of the learner's own figures."""
    return Problem(
        f"'{name}' of the {engine} is not what the kernel counted",
        "which bytes does this figure divide by which? The first lines of amplification.py say it",
    )
