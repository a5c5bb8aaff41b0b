mkdir sub
cd sub
git init -q -b main
echo one > a.txt
git add a.txt
git commit -q -m "Add a"
mv .git ../kept
echo "gitdir: ../kept" > .git
