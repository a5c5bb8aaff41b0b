git init -q -b main
echo one > a.txt
git add a.txt
git commit -q -m "Add a"
git config filter.same.clean "echo one"
echo "a.txt filter=same" > .git/info/attributes
echo two >> a.txt
