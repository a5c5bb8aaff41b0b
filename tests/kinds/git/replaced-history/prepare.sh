git init -q -b main
echo one > a.txt
git add a.txt
git commit -q -m "Add a"
git commit -q --allow-empty -m "Second"
git replace --graft HEAD
git replace --graft $(git rev-parse HEAD)^ 2>/dev/null || true
