mkdir ../other
(cd ../other
git init -q -b main
echo one > a.txt
git add a.txt
git commit -q -m "Add a"
)
git init -q -b main
echo "$PWD/../other/.git/objects" > .git/objects/info/alternates
