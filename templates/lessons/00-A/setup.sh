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

#: solution
[ -d .git ] || git init --quiet --initial-branch=main
#: mistake master-branch
[ -d .git ] || git init --quiet
#: stub
# TODO: make DIR a git repository whose branch is main, unless it is one already.
echo "setup.sh is not written yet" >&2
exit 1
#: end

#: solution
[ -e README.md ] || echo "# ML Systems Journey" > README.md
#: mistake wrong-title
[ -e README.md ] || echo "ml-systems-journey" > README.md
#: stub
# TODO: write README.md with the title, as a Markdown heading.
#: end

#: solution
for folder in ddia ml-eng pmpp notes; do
  mkdir -p "$folder"
  touch "$folder/.gitkeep"
done
#: mistake empty-folders
mkdir -p ddia ml-eng pmpp notes
#: stub
# TODO: make the folders ddia, ml-eng, pmpp and notes. What does git do with a folder that holds nothing?
#: end

#: solution
git add .
git diff --cached --quiet || git commit --quiet --message "Start the journey"
#: stub
# TODO: commit, but only if there is something to commit.
#: end

#: solution
git remote get-url origin >/dev/null 2>&1 || git remote add origin "$remote"
#: mistake runs-once
git remote add origin "$remote"
#: mistake named-upstream
git remote get-url upstream >/dev/null 2>&1 || git remote add upstream "$remote"
#: stub
# TODO: name REMOTE origin, unless it is known already.
#: end

#: solution
git push --quiet --set-upstream origin main
#: mistake master-branch
git push --quiet --set-upstream origin HEAD
#: mistake named-upstream
git push --quiet --set-upstream upstream main
#: mistake no-push
#: stub
# TODO: publish main, and let it follow its counterpart on origin.
#: end
