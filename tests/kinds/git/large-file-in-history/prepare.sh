git init -q -b main
echo one > a.txt
git add a.txt
git commit -q -m "Add a"
head -c 40000 /dev/zero > big.bin
git add big.bin
git commit -q -m "Add data"
git rm -q big.bin
git commit -q -m "Remove data"
