git init -q -b main
echo nonsense > .git/HEAD
