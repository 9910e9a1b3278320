#!/bin/sh
# Runs web/tests in a real Chromium against the real server with simulated devices, on ports and a directory of its own.
set -eu
plomb=$1
simulator=$2

directory=$(mktemp -d)
# Ports that nobody has, below those that the system gives to calls going out: one of those could be taken meanwhile.
port() { node -e "
const from = Number(process.argv[1]);
const seek = (port) => require('net').createServer().once('error', () => seek(port + 1))
    .listen(port, '127.0.0.1', function () { this.close(() => console.log(port)); });
seek(from);" "$1"; }
first=$((10000 + $$ % 20000))
http=$(port $first)
jointech=$(port $((http + 1)))
jt808=$(port $((jointech + 1)))
gt06=$(port $((jt808 + 1)))
teltonika=$(port $((gt06 + 1)))

export PLOMB_STORAGE_DIRECTORY="$directory/data"
export PLOMB_STORAGE_SEGMENT_MIB=4
export PLOMB_STORAGE_FREE_MIB_MIN=64
export PLOMB_HTTP_BIND="127.0.0.1:$http"
export PLOMB_LISTEN_ADDRESS=127.0.0.1
export PLOMB_LISTEN_JOINTECH_TCP="$jointech" PLOMB_LISTEN_JT808_TCP="$jt808" PLOMB_LISTEN_JT808_UDP="$jt808"
export PLOMB_LISTEN_GT06_TCP="$gt06" PLOMB_LISTEN_TELTONIKA_TCP="$teltonika" PLOMB_LISTEN_TELTONIKA_UDP="$teltonika"
export PLOMB_LISTEN_SHARED_TCP=0 PLOMB_LISTEN_SHARED_UDP=0

mkdir -p "$directory/data"
PLOMB_USER=operator
PLOMB_PASSWORD=$(node -e "console.log(require('crypto').randomBytes(12).toString('hex'))")
PLOMB_SECOND_USER=supervisor
for name in "$PLOMB_USER" "$PLOMB_SECOND_USER"; do
    printf '%s\n' "$PLOMB_PASSWORD" | "$plomb" account add "$name" --role operator >/dev/null
done

PLOMB_KEEPER=keeper
printf '%s\n' "$PLOMB_PASSWORD" | "$plomb" account add "$PLOMB_KEEPER" --role device-operator >/dev/null
# The fleet is registered, but for some that stand in quarantine, which commands do not reach.
export PLOMB_DEVICES_UNKNOWN=quarantine
fleet_is="--devices 40 --seed 7"
"$simulator" fleet $fleet_is --print-register --strangers 8 >"$directory/fleet.jsonl"
"$simulator" taps --tags 3 --print-register >>"$directory/fleet.jsonl"
"$plomb" registry import "$directory/fleet.jsonl" >/dev/null
(umask 077 && "$simulator" taps --print-keys >"$directory/keys.txt")
export PLOMB_DEVICES_KEYS="$directory/keys.txt"

"$plomb" serve >"$directory/server.log" 2>&1 &
server=$!
fleet=
stop() {
    status=$?
    trap - EXIT
    [ -n "$fleet" ] && kill "$fleet" 2>/dev/null || true
    kill "$server" 2>/dev/null || true
    wait 2>/dev/null || true
    if [ "$status" != 0 ]; then
        echo "server:" && tail -n 30 "$directory/server.log"
        echo "simulator:" && tail -n 10 "$directory/simulator.log" 2>/dev/null || true
    fi
    rm -rf "$directory"
    exit "$status"
}
trap stop EXIT

for _ in $(seq 100); do
    node -e "fetch('http://127.0.0.1:$http/readyz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))" && break
    sleep 0.2
done

"$simulator" fleet --host 127.0.0.1 --jointech-port "$jointech" --jt808-port "$jt808" --gt06-port "$gt06" \
    --teltonika-port "$teltonika" $fleet_is --interval 2s --time-factor 30 >"$directory/simulator.log" 2>&1 &
fleet=$!

export PLOMB_URL="http://127.0.0.1:$http" PLOMB_USER PLOMB_SECOND_USER PLOMB_KEEPER PLOMB_PASSWORD
PLOMB_BINARY=$(realpath "$plomb")
export PLOMB_BINARY
export PLOMB_TRIGGER="$(realpath "$simulator") trigger --kind cut --protocol jointech --host 127.0.0.1 --port $jointech"
# Links of taps, one a line: of a seal that is whole, and of one that was opened.
PLOMB_TAPS=$("$simulator" taps --tags 2 --opened 2 --url "$PLOMB_URL/t")
export PLOMB_TAPS
cd web
npm run --silent test:e2e
