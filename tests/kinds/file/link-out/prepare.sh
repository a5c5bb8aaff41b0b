printf "two\n" > ../secret
ln -s ../secret a.txt
