#!/bin/sh
# Runs every fuzz target (or the one named second), seeded from the vectors: one for each protocol, and those of
# Cargo.toml. No nightly compiler is needed: the coverage instrumentation is switched on by hand.
#
#   run.sh smoke [TARGET]     the same inputs each time, so that what passes here passes elsewhere
#   run.sh SECONDS [TARGET]   explores with another seed each time, and keeps what it finds in corpus/
set -eu
mode=${1:-smoke}
only=${2:-}
SMOKE_RUNS=60000
SMOKE_SECONDS_MAX=30
cd "$(dirname "$0")"

export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
host=$(rustc -vV | sed -n 's/^host: //p')
# With an explicit target the flags do not reach build scripts, which could not run with them.
cargo build --release --locked --target "$host" --quiet

if [ "$mode" = smoke ]; then
    corpus=corpus-smoke
    limits="-seed=1 -runs=$SMOKE_RUNS -max_total_time=$SMOKE_SECONDS_MAX"
    rm -rf "$corpus"
else
    corpus=corpus
    limits="-max_total_time=$mode"
fi
mkdir -p "$corpus" artifacts
node seed.mjs "$corpus"

# Runs the program $1 as the target $2.
fuzz() {
    [ -z "$only" ] || [ "$only" = "$2" ] || return 0
    mkdir -p "$corpus/$2"
    # What once failed is tried again each time.
    [ ! -d "regressions/$2" ] || cp "regressions/$2"/* "$corpus/$2/"
    printf 'fuzz %s: ' "$2"
    if PLOMB_FUZZ_PROTOCOL=$2 "target/$host/release/$1" "$corpus/$2" $limits -max_len=4096 \
        -rss_limit_mb=2048 -artifact_prefix="artifacts/$2-" -print_final_stats=1 >"artifacts/$2.log" 2>&1; then
        grep -E 'stat::number_of_executed_units' "artifacts/$2.log" | sed 's/.*: */executed /'
    else
        tail -n 30 "artifacts/$2.log"
        exit 1
    fi
}

while read -r protocol; do
    fuzz protocol "$protocol"
done <"$corpus/protocols.txt"
for target in $(sed -n 's/^name = "\([a-z0-9-]*\)"$/\1/p' Cargo.toml | grep -v -e plomb-fuzz -e protocol); do
    fuzz "$target" "$target"
done
