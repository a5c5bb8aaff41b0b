git init -q -b main
echo one > a.txt
git add a.txt
git commit -q -m "Add a"
git tag v1
