git init -q -b main
echo one > a.txt
git add a.txt
git commit -q -m "Add a"
echo "*.log" > .gitignore
git add .gitignore
git commit -q -m "Ignore logs"
touch x.log
