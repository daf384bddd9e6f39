# shellcheck shell=bash disable=SC2034,SC2154
# What `./run demo` has to know about the rate limiter.

port[rate_limiter]=8082
flags[rate_limiter]='--algorithm token_bucket'
[[ ${cluster-} ]] || flags[rate_limiter]+=' --store memory'
cluster_services[rate_limiter]='redis'
cluster_flags_rate_limiter() { echo "--store $REDIS_URL"; }

public_flags_rate_limiter() { :; }

# A client that has used some of its budget, and one that has had enough.
seed_rate_limiter() {
    local i
    post "$1/v1/check" '{"rule":"api","key":"quiet-client","cost":30}' >/dev/null
    for i in 1 2 3 4 5 6 7; do post "$1/v1/check" '{"rule":"login","key":"busy-client"}' >/dev/null; done
    printf 'rule login, key busy-client: refused; rule api, key quiet-client: 70 of 100 left\n'
    printf 'users for POST /login: alice, wonderland; bob, builder\n'
}

try_rate_limiter() { echo "curl -i --json '{\"rule\":\"login\",\"key\":\"me\"}' $1/v1/check"; }

# Five are allowed, by the first process and the second in turn where they share a store; the sixth is not.
check_rate_limiter() {
    local key=check-$$ turn i answer
    for i in 1 2 3 4 5; do
        turn=$1
        ((i % 2)) || turn=$2
        answer=$(post "$turn/v1/check" "{\"rule\":\"login\",\"key\":\"$key\"}")
        ((i > 1)) || shows 'POST /v1/check' "$answer" '"allowed":true'
    done
    shows 'POST /v1/check, the sixth' "$(post "$2/v1/check" "{\"rule\":\"login\",\"key\":\"$key\"}")" '"allowed":false'
    shows 'POST /login' "$(post "$1/login" '{"user":"alice","password":"wonderland"}')" '"token"'
}
