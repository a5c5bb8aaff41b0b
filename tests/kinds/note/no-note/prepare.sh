rm ../note.md
