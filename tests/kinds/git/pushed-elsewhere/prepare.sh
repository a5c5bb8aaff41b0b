git init -q -b main
echo one > a.txt
git add a.txt
git commit -q -m "Add a"
git remote add origin https://example.invalid/x.git
git update-ref refs/remotes/origin/main HEAD
