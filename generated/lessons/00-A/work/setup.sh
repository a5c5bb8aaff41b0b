#!/usr/bin/env bash
# Makes the repository you will work in, and publishes it.
#
#   setup.sh DIR REMOTE    DIR is where the repository shall be, REMOTE the URL or path of an empty remote repository
#
# Running it a second time changes nothing and ends well.
set -euo pipefail

dir=${1:?usage: setup.sh DIR REMOTE}
remote=${2:?usage: setup.sh DIR REMOTE}

mkdir -p "$dir"
cd "$dir"

# TODO: make DIR a git repository whose branch is main, unless it is one already.
echo "setup.sh is not written yet" >&2
exit 1

# TODO: write README.md with the title, as a Markdown heading.

# TODO: make the folders ddia, ml-eng, pmpp and notes. What does git do with a folder that holds nothing?

# TODO: commit, but only if there is something to commit.

# TODO: name REMOTE origin, unless it is known already.

# TODO: publish main, and let it follow its counterpart on origin.
