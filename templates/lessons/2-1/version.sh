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
#: solution
  dvc init --quiet
  dvc remote add --quiet --default storage "$remote"
  # The cache stays with its default, copies: a link would share its bytes with the file that people write into.
#: mistake hardlink-cache
  dvc init --quiet
  dvc remote add --quiet --default storage "$remote"
  dvc config cache.type hardlink
#: stub
  # TODO: make this a DVC repository, and "$remote" its default remote. Think: who must know the remote? Commit it.
  echo "setup is not written yet" >&2
  return 1
#: end
#: solution
  git add .dvc .dvcignore
  git commit --quiet --message "Set up DVC"
#: end
}

publish() {
  local tag=$1
#: solution
  dvc add --quiet "$csv"
  git add "$csv.dvc" data/.gitignore
  git commit --quiet --message "Data $tag"
  git tag "$tag"
  dvc push --quiet
#: mistake no-push
  dvc add --quiet "$csv"
  git add "$csv.dvc" data/.gitignore
  git commit --quiet --message "Data $tag"
  git tag "$tag"
#: mistake stale-pointer
  dvc add --quiet "$csv"
  if ! git ls-files --error-unmatch "$csv.dvc" >/dev/null 2>&1; then
    git add "$csv.dvc" data/.gitignore
    git commit --quiet --message "Data $tag"
  fi
  git tag "$tag"
  dvc push --quiet
#: mistake csv-in-git
  dvc add --quiet "$csv"
  git add --force data
  git commit --quiet --message "Data $tag"
  git tag "$tag"
  dvc push --quiet
#: mistake early-tag
  git tag "$tag"
  dvc add --quiet "$csv"
  git add "$csv.dvc" data/.gitignore
  git commit --quiet --message "Data $tag"
  dvc push --quiet
#: stub
  # TODO: let DVC take the file, let git record the pointer, tag that commit, and publish the bytes.
  echo "publish is not written yet" >&2
  return 1
#: end
}

restore() {
  local tag=$1
#: solution
  git checkout --quiet "$tag" -- "$csv.dvc"
  # `dvc status` and `dvc checkout` trust size and time of a file that is there; of one that is not they trust nothing.
  rm -f "$csv"
  dvc pull --quiet
#: mistake trusts-status
  git checkout --quiet "$tag" -- "$csv.dvc"
  if ! dvc status --quiet; then
    dvc checkout --quiet --force
  fi
#: stub
  # TODO: bring back the pointer of "$tag", then the bytes that it names, even where DVC believes that nothing changed.
  echo "restore is not written yet" >&2
  return 1
#: end
}

case "${1:-}" in
  setup | publish | restore) "$1" "${2:?version.sh $1 needs an argument}" ;;
  *)
    echo "usage: version.sh setup REMOTE | publish TAG | restore TAG" >&2
    exit 2
    ;;
esac
