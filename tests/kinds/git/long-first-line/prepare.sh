git init -q -b main
echo one > a.txt
git add a.txt
git commit -q -m "Add a"
git commit -q --allow-empty -m "Say everything in the first line of the message"
