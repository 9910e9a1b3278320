#!/bin/sh
# The end-to-end figures of docs/performance.md: builds, starts a server in a directory of its own on ports of its own,
# runs each load for a bounded time, prints what it found, and removes everything it made.
#
#   PROFILE=release|demo  which build (release)      SECONDS_EACH=10    length of each load
#   DEVICES=1000000       devices of the memory run  ONLY="gateway memory"  some parts only
#
# Parts: gateway devices latency memory replay. Needs curl and Linux's /proc.
set -eu
cd "$(dirname "$0")/.."
profile=${PROFILE:-release}
seconds=${SECONDS_EACH:-10}
devices=${DEVICES:-1000000}
parts=${ONLY:-gateway devices latency memory replay}
simulator=target/$profile/plomb-simulator
work=$(mktemp -d "${TMPDIR:-/tmp}/plomb-bench.XXXXXX")
server=
load=

stop() {
    [ -z "$load" ] || kill "$load" 2>/dev/null || true
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
    server=
    load=
}
clean() {
    trap - INT TERM EXIT
    stop
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

# One connection a device takes one descriptor at each end.
descriptors=$(ulimit -Hn)
ulimit -n "$descriptors"

[ -n "${PLOMB_BENCH_BUILT:-}" ] || cargo build --locked --quiet --profile "$profile" -p plomb-server -p plomb-simulator

start() {
    export PLOMB_STORAGE_DIRECTORY="$work/data" PLOMB_STORAGE_FREE_MIB_MIN=256 PLOMB_LISTEN_ADDRESS=127.0.0.1
    "target/$profile/plomb" account demo "$work/log-ins" >/dev/null
    for try in 1 2 3 4 5 6 7 8; do
        base=$((20000 + ($$ * 7 + try * 1009) % 12000))
        http=$base
        jointech=$((base + 1))
        jt808=$((base + 2))
        export PLOMB_HTTP_BIND="127.0.0.1:$http" PLOMB_LISTEN_JOINTECH_TCP=$jointech
        export PLOMB_LISTEN_JT808_TCP=$jt808 PLOMB_LISTEN_JT808_UDP=$jt808 PLOMB_LISTEN_GT06_TCP=$((base + 3))
        export PLOMB_LISTEN_TELTONIKA_TCP=$((base + 4)) PLOMB_LISTEN_TELTONIKA_UDP=$((base + 4))
        export PLOMB_LISTEN_SHARED_TCP=$((base + 5)) PLOMB_LISTEN_SHARED_UDP=$((base + 5))
        "target/$profile/plomb" serve >>"$work/log" 2>&1 &
        server=$!
        while kill -0 "$server" 2>/dev/null; do
            if curl -fs "http://127.0.0.1:$http/readyz" >/dev/null 2>&1; then return 0; fi
            sleep 0.02
        done
        wait "$server" || true
    done
    echo "The server does not start:" >&2
    tail -n 5 "$work/log" >&2
    exit 1
}

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$server/status"; }
metric() { curl -fs "http://127.0.0.1:$http/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
field() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" "$2"; }

# CPU of the server by thread, microseconds a report: user and system time of /proc, in ticks of 10 ms.
cpu() {
    for stat in /proc/"$server"/task/*/stat; do
        sed 's/^[0-9]* (\([^)]*\)) /\1 /; s/^tokio[^ ]*/tokio/' "$stat"
    done | awk -v reports="$1" '
        { ticks[$1] += $(NF - 38) + $(NF - 37); sum += $(NF - 38) + $(NF - 37) }
        END {
            printf "  server CPU, us a report: %.2f", sum * 10000 / reports
            for (name in ticks) if (ticks[name] * 10000 / reports >= 0.01) printf "  %s %.2f", name, ticks[name] * 10000 / reports
            printf "\n"
        }'
}

# A load, and what it cost.
measure() {
    "$simulator" load --port "$jt808" "$@" >"$work/result"
    # Until what was written is sealed: it belongs to the cost.
    sleep 3
    cat "$work/result"
    cpu "$(field acked "$work/result")"
}
fresh() {
    stop
    rm -rf "$work/data" "$work/log-ins"
    start
}

for part in $parts; do
    echo "== $part"
    fresh
    case $part in
    gateway)
        measure --mode gateway --connections 4 --devices 100000 --duration "${seconds}s"
        commits=$(metric plomb_journal_commit_seconds_count)
        sum=$(metric plomb_journal_commit_seconds_sum)
        reports=$(field acked "$work/result")
        written=$(metric plomb_journal_written_bytes_total)
        held=$(metric plomb_journal_bytes)
        awk -v commits="$commits" -v sum="$sum" -v reports="$reports" -v written="$written" -v held="$held" 'BEGIN {
            printf "  journal: %d commits, %.2f ms each, %.0f bytes a report written, %.0f held when mostly sealed\n",
                commits, 1000 * sum / commits, written / reports, held / reports }'
        ;;
    devices)
        for connections in 500 2000; do
            [ "$connections" = 500 ] || fresh
            measure --mode devices --connections "$connections" --duration "${seconds}s"
        done
        ;;
    latency)
        "$simulator" load --mode gateway --port "$jt808" --connections 4 --devices 100000 --window 5000 \
            --rate "${RATE:-200000}" --duration "$((seconds + 4))s" >"$work/result" &
        load=$!
        sleep 2
        "$simulator" latency --port "$jointech" --http-port "$http" --log-ins "$work/log-ins" \
            --alarms "$((seconds * 20))" --every 50ms
        wait "$load"
        load=
        cat "$work/result"
        ;;
    memory)
        # A few reports under way at a time, so that what is under way is not counted as devices.
        before=$(resident)
        "$simulator" load --mode gateway --port "$jt808" --connections 4 --devices "$devices" --reports "$devices" \
            --window 1000 --batch 500 >"$work/result"
        sleep 6
        once=$(resident)
        fresh
        "$simulator" load --mode gateway --port "$jt808" --connections 4 --devices $((2 * devices)) \
            --reports $((2 * devices)) --window 1000 --batch 500 >"$work/result"
        sleep 6
        twice=$(resident)
        awk -v before="$before" -v once="$once" -v twice="$twice" -v devices="$devices" 'BEGIN {
            printf "  resident: %d KiB before, %d KiB with %d devices, %d KiB with twice as many\n", before, once, devices, twice
            printf "  bytes a device: %.0f all in, %.0f each further one\n", (once - before) * 1024 / devices, (twice - once) * 1024 / devices }'
        ;;
    replay)
        "$simulator" load --mode gateway --port "$jt808" --connections 4 --devices 100000 --reports 2000000 >"$work/result"
        kill -9 "$server"
        wait "$server" 2>/dev/null || true
        begun=$(date +%s.%N)
        start
        ended=$(date +%s.%N)
        awk -v reports="$(field acked "$work/result")" -v begun="$begun" -v ended="$ended" 'BEGIN {
            printf "  ready again %.2f s after the process was killed, %.0f reports replayed a second\n", ended - begun, reports / (ended - begun) }'
        ;;
    *)
        echo "no such part: $part" >&2
        exit 2
        ;;
    esac
done
