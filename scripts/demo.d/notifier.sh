# shellcheck shell=bash disable=SC2034,SC2154
# What `./run demo` has to know about the notifier.

port[notifier]=8083
flags[notifier]='--role all --email sink --sms sink --push sink --webhook sink'
[[ $cluster ]] || flags[notifier]="--store sqlite --queue sqlite ${flags[notifier]}"
cluster_services[notifier]='postgres kafka' # of redis, postgres, kafka
# A schema of its own: each system numbers its tables' changes by itself.
cluster_flags_notifier() {
    build/services/bin/psql "$POSTGRES_URL" -qc 'SET client_min_messages TO warning; CREATE SCHEMA IF NOT EXISTS notifier' >&2
    echo "--store $POSTGRES_URL?options=-csearch_path%3Dnotifier --queue kafka://$KAFKA_BROKERS/demo --sink-log $place/data/sink.jsonl"
}

public_flags_notifier() { echo "--base-url $1"; } # listening on a wildcard, it cannot tell

seed_notifier() {
    local users='' i
    for i in $(seq 1000); do
        users+="{\"id\":\"user$i\",\"email\":\"user$i@example.org\",\"pushToken\":\"token$i\",\"timeZone\":\"Europe/Berlin\"}"$'\n'
    done
    users+='{"id":"ada","email":"ada@example.org","phone":"+4930123456","pushToken":"token-ada","segments":["beta"]}'
    printf 'users: %s\n' "$(http -H 'Content-Type: application/x-ndjson' --data-binary @- "$1/v1/users:import" <<<"$users")"
}

try_notifier() {
    echo "curl --json '{\"userId\":\"ada\",\"category\":\"general\",\"title\":\"Hello\",\"body\":\"World\"}' $1/v1/notifications"
}

# On Kafka the first message waits until the readers have found their topics and each other: some ten seconds.
settled_notifier() {
    local answer tries=0
    until answer=$(until_shows "$1" "$2") && [[ $answer =~ $1 ]] || ((++tries >= 5)); do :; done
    say "$answer"
}

# A user put by the first process, told something by the second; a broadcast, watched until it is done.
check_notifier() {
    local made id
    http -X PUT --json '{"pushToken":"t"}' "$1/v1/users/ada" >/dev/null
    made=$(post "$2/v1/notifications" '{"userId":"ada","category":"general","title":"Hello","body":"World"}')
    id=$(field id <<<"$made")
    shows 'POST /v1/notifications' "$made" '"accepted"'
    shows "GET /v1/notifications/$id" "$(settled_notifier '"status": *"done"' "$1/v1/notifications/$id")" '"state": *"delivered"'
    id=$(post "$1/v1/broadcasts" '{"audience":{"all":true},"category":"news","title":"News","body":"B"}' | field id)
    shows "GET /v1/broadcasts/$id" "$(settled_notifier '"status": *"done"' "$2/v1/broadcasts/$id")" '"status": *"done"'
}
