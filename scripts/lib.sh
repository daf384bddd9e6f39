# shellcheck shell=bash
# What the scripts share: ways to speak, building, ports, processes that are ours to stop. Sourced, never run.

say() { printf '%s\n' "$@"; } # a line an argument
warn() { say "$@" >&2; }
die() { warn "$@"; exit 1; }
misused() { warn "$@"; exit 2; }

# build PRESET [TARGET…]: as many compilers at once as there are cores and 1.5 GB of free memory for.
build() {
    local preset=$1 cores memory jobs
    shift
    cores=$(nproc)
    memory=$(awk '/MemAvailable/ { print int($2 / 1.5e6) }' /proc/meminfo)
    jobs=$((memory < 1 ? 1 : memory < cores ? memory : cores))
    mkdir -p build
    cmake --preset "$preset" >"build/$preset.configure.log" 2>&1 || die "$(<"build/$preset.configure.log")"
    cmake --build --preset "$preset" --parallel "$jobs" ${1+--target "$@"}
}

# Services that were up before stay up; those started here go down with the script: trap stop_services EXIT.
start_services() {
    local variable
    [[ $(scripts/services env) ]] || services_are_ours=yes
    scripts/services up
    for variable in $(scripts/services env); do export "${variable?}"; done
}

stop_services() { [[ ! ${services_are_ours-} ]] || scripts/services down; }

# A free port of this machine. Below 32768 no outgoing connection takes it between here and the bind.
free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); port_taken 127.0.0.1 "$port"; do :; done
    echo "$port"
}

port_taken() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# A pid file holds a pid and the process's start time (field 22 of /proc/PID/stat), so that another
# process which got a dead one's number is never taken for ours.
remember() { echo "$1 $(started_at "$1")" >"$2"; }

started_at() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return
    read -ra stat <<<"${stat##*) }"
    [[ ${stat[0]} != Z ]] && echo "${stat[19]}"
}

alive() {
    local pid started
    [[ -s $1 ]] && read -r pid started <"$1" && [[ $(started_at "$pid") == "$started" ]]
}

# stop PIDFILE SIGNAL: asks, waits ten seconds, then insists.
stop() {
    local pid tries=0
    alive "$1" || return 0
    read -r pid _ <"$1"
    kill -s "$2" "$pid" 2>/dev/null || true
    while alive "$1"; do
        ((++tries < 200)) || kill -s KILL "$pid" 2>/dev/null || true
        sleep 0.05
    done
}

# as_root COMMAND…: root runs it, anybody else through sudo.
as_root() {
    if ((EUID == 0)); then "$@"; return; fi
    command -v sudo >/dev/null || { warn "This needs root or sudo: $*"; return 1; }
    sudo "$@"
}
