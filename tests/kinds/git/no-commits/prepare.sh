git init -q -b main
touch a.txt
