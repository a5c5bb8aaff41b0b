#!/usr/bin/env bash
# Versions data/movies.csv with DVC: git keeps small pointers, the remote keeps the bytes.
#
#   version.sh setup REMOTE    make this git repository a DVC repository whose default remote is the directory REMOTE
#   version.sh publish TAG     make data/movies.csv, as it is now, the version TAG, for everyone who clones
#   version.sh restore TAG     bring data/movies.csv back, byte for byte as it was at TAG, whatever happened to the file
#
# It runs at the top of a git repository that has at least one commit.
set -euo pipefail

csv=data/movies.csv

setup() {
  local remote=$1
  # TODO: make this a DVC repository, and "$remote" its default remote. Think: who must know the remote? Commit it.
  echo "setup is not written yet" >&2
  return 1
}

publish() {
  local tag=$1
  # TODO: let DVC take the file, let git record the pointer, tag that commit, and publish the bytes.
  echo "publish is not written yet" >&2
  return 1
}

restore() {
  local tag=$1
  # TODO: bring back the pointer of "$tag", then the bytes that it names, even where DVC believes that nothing changed.
  echo "restore is not written yet" >&2
  return 1
}

case "${1:-}" in
  setup | publish | restore) "$1" "${2:?version.sh $1 needs an argument}" ;;
  *)
    echo "usage: version.sh setup REMOTE | publish TAG | restore TAG" >&2
    exit 2
    ;;
esac
