git init -q -b main
echo one > a.txt
git add a.txt
git commit -q -m "Add a"
mkdir sub
echo two > sub/b.txt
git add sub
git commit -q -m "Add b"
git commit -q --allow-empty -m "stuff"
