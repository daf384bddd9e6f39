# shellcheck shell=bash disable=SC2034,SC2154
# What `./run demo` has to know about the shortener.

port[url_shortener]=8081
flags[url_shortener]='--codes permuted_counter --redirect 302'
[[ ${cluster-} ]] || flags[url_shortener]+=' --store sqlite --cache local'
cluster_services[url_shortener]='redis postgres' # of redis, postgres, kafka
# A schema of its own: each system numbers its tables' changes by itself.
cluster_flags_url_shortener() {
    build/services/bin/psql "$POSTGRES_URL" -qc 'SET client_min_messages TO warning; CREATE SCHEMA IF NOT EXISTS url_shortener' >&2
    echo "--store $POSTGRES_URL?options=-csearch_path%3Durl_shortener --cache local+$REDIS_URL"
}

public_flags_url_shortener() { echo "--base-url $1"; } # listening on a wildcard, it cannot tell

seed_url_shortener() {
    local page
    for page in https://en.cppreference.com/w/cpp/language/coroutines https://www.rfc-editor.org/rfc/rfc9110.html; do
        printf '%s -> %s\n' "$(post "$1/shorten" "{\"longUrl\":\"$page\"}" | field shortUrl)" "$page"
    done
}

try_url_shortener() { echo "curl -i --json '{\"longUrl\":\"https://example.com/\"}' $1/shorten"; }

# A link made by the first process, followed on the second, counted on the first.
check_url_shortener() {
    local made code page=https://example.com/a/long/path
    made=$(post "$1/shorten" "{\"longUrl\":\"$page\"}")
    code=$(field shortCode <<<"$made")
    shows 'POST /shorten' "$made" '"shortCode"'
    shows "GET /$code" "$(http -o /dev/null -w '%{http_code} Location: %{redirect_url}' "$2/$code")" "302 Location: $page"
    shows "GET /v1/links/$code/stats" "$(until_shows '"total": *1[,}]' "$1/v1/links/$code/stats")" '"total": *1[,}]'
}
