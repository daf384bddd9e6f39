# shellcheck shell=bash disable=SC2034,SC2154
# What `./run demo` has to know about cache_aside.

port[cache_aside]=8085
flags[cache_aside]='--store sqlite --cache local --write-policy lease --stampede single_flight --fanout hybrid'
cluster_services[cache_aside]='redis postgres' # of redis, postgres, kafka
# A schema of its own: each system numbers its tables' changes by itself.
cluster_flags_cache_aside() {
    build/services/bin/psql "$POSTGRES_URL" -qc 'SET client_min_messages TO warning; CREATE SCHEMA IF NOT EXISTS cache_aside' >&2
    echo "--store $POSTGRES_URL?options=-csearch_path%3Dcache_aside --cache local+$REDIS_URL"
}

public_flags_cache_aside() { :; } # it writes no URL of its own into answers

seed_cache_aside() {
    local reader author
    reader=$(post "$1/users" '{"name":"Ada","email":"ada@example.com"}' | field id)
    author=$(post "$1/users" '{"name":"Grace","email":"grace@example.com"}' | field id)
    http -X POST "$1/users/$reader/follow/$author"
    post "$1/posts" "{\"authorId\":$author,\"text\":\"the first actual case of a bug being found\"}" >/dev/null
    echo "$1/feed/$reader: user $reader follows user $author, who has posted"
}

try_cache_aside() { echo "curl -i $1/users/1    # twice: X-Cache: miss, then hit"; }

# A user made by the first process and changed there is read from the second; so is a post in a feed.
check_cache_aside() {
    local made reader author
    made=$(post "$1/users" '{"name":"Ada","email":"ada@example.com"}')
    shows 'POST /users' "$made" '"version": *1'
    reader=$(field id <<<"$made")
    author=$(post "$1/users" '{"name":"Grace","email":"grace@example.com"}' | field id)
    shows "GET /users/$reader" "$(http -D - -o /dev/null "$1/users/$reader" | tr -d '\r' | grep -i '^x-cache')" 'X-Cache'
    http -X PATCH -H 'If-Match: "1"' --json '{"name":"Lady Ada"}' "$1/users/$reader" >/dev/null
    shows "GET /users/$reader, changed" "$(until_shows 'Lady Ada' "$2/users/$reader")" 'Lady Ada'
    http -X POST "$1/users/$reader/follow/$author"
    post "$1/posts" "{\"authorId\":$author,\"text\":\"hello\"}" >/dev/null
    shows "GET /feed/$reader" "$(until_shows '"text": *"hello"' "$2/feed/$reader")" '"text": *"hello"'
}
