#!/bin/sh
# Starts the server on embedded storage with a simulated fleet, prints where to look, and stops both on Ctrl-C.
set -eu
plomb=$1
simulator=$2
directory=$3

mkdir -p "$directory"
export PLOMB_STORAGE_DIRECTORY="$directory"
export PLOMB_STORAGE_FREE_MIB_MIN="${PLOMB_STORAGE_FREE_MIB_MIN:-256}"
export PLOMB_LISTEN_ADDRESS=127.0.0.1
: "${PLOMB_HTTP_BIND:=127.0.0.1:8080}"
export PLOMB_HTTP_BIND

# The simulated locks of Jointech open to 888888; the seals of the open profile and the NFC tags have keys of their own.
(umask 077 && {
    printf 'lock-password 2a 383838383838\n'
    "$simulator" seals --print-keys --seals "${DEMO_SEALS:-4}"
    "$simulator" taps --print-keys
    "$simulator" chips --print-keys
    "$simulator" gateways --print-keys --sources 2
} >"$directory/keys.txt")
export PLOMB_DEVICES_KEYS="$directory/keys.txt"
(umask 077 && "$simulator" gateways --print-mqtt-credentials --sources 2 >"$directory/mqtt.txt")
export PLOMB_DEVICES_MQTT_CREDENTIALS="$directory/mqtt.txt"

# The fleet is registered, but for two devices that nobody knows: they stand in quarantine.
export PLOMB_DEVICES_UNKNOWN=quarantine
fleet_is="--protocols all --devices ${DEMO_DEVICES:-120} --seed 7"
"$simulator" fleet $fleet_is --print-register --strangers 2 >"$directory/fleet.jsonl"
"$simulator" seals --seals "${DEMO_SEALS:-4}" --print-register >>"$directory/fleet.jsonl"
"$simulator" taps --tags 3 --print-register >>"$directory/fleet.jsonl"
"$simulator" chips --print-register >>"$directory/fleet.jsonl"
"$plomb" registry import "$directory/fleet.jsonl" >/dev/null

"$plomb" account demo "$directory/log-ins.txt"
"$plomb" serve >"$directory/server.log" 2>&1 &
server=$!
fleet=
seals=
gateways=
movements=
stop() {
    trap - INT TERM EXIT
    [ -n "$fleet" ] && kill "$fleet" "$seals" "$gateways" "$movements" 2>/dev/null || true
    kill "$server" 2>/dev/null || true
    wait 2>/dev/null || true
}
trap stop INT TERM EXIT

ready=
for _ in $(seq 100); do
    if node -e "fetch('http://$PLOMB_HTTP_BIND/readyz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"; then
        ready=yes
        break
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
done
if [ -z "$ready" ]; then
    echo "The server did not start. Its last words:" >&2
    tail -n 20 "$directory/server.log" >&2
    exit 1
fi

"$simulator" fleet --host 127.0.0.1 $fleet_is --interval 5s --time-factor 30 --incidents-every 20s \
    >"$directory/simulator.log" 2>&1 &
fleet=$!
# Their memory stays where it is: numbers that a seal has used are never used again.
"$simulator" seals --host 127.0.0.1 --seals "${DEMO_SEALS:-4}" --time-factor 30 --memory "$directory/seals" \
    --incident cut:1@60 --incident case-open:2@120 --incident wrong-card:3@90 >"$directory/seals.log" 2>&1 &
seals=$!

# Phones, satellite back offices, readers and gateways of sensors; nobody has registered them, so that they stand in quarantine.
"$simulator" gateways --host 127.0.0.1 --mqtt-port 1883 --sources 2 --incidents-every 45s >"$directory/gateways.log" 2>&1 &
gateways=$!
node "$(dirname "$0")/demo-movements.mjs" "http://$PLOMB_HTTP_BIND" "$directory/log-ins.txt" >"$directory/movements.log" 2>&1 &
movements=$!

echo
echo "  Plomb is running:  http://$PLOMB_HTTP_BIND/"
sed 's/^/  /' "$directory/log-ins.txt"
echo "  ${DEMO_DEVICES:-120} e-locks and trackers are under way; every 20 s something happens to one of them."
echo "  ${DEMO_SEALS:-4} seals run the firmware core: one is cut after a minute, another is forced open after two."
echo "  Movements are declared and armed within a minute: one ends well, one with a seal that was cut."
echo "  Two bolt seals with NFC chips were tapped with a phone; the second was opened:"
"$simulator" taps --tags 2 --opened 2 --url "http://$PLOMB_HTTP_BIND/t" | sed 's/^/    /'
echo "  Logs: $directory/server.log, $directory/simulator.log.  Stop with Ctrl-C."
echo
wait "$server"
