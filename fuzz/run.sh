#!/bin/sh
# Runs every fuzz target (or the one named second) for a number of seconds, seeded from the vectors. No nightly compiler is needed: the
# coverage instrumentation is switched on by hand.
set -eu
seconds=${1:-10}
only=${2:-}
cd "$(dirname "$0")"

export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
host=$(rustc -vV | sed -n 's/^host: //p')
# With an explicit target the flags do not reach build scripts, which could not run with them.
cargo build --release --locked --target "$host" --quiet

node seed.mjs
for target in $(sed -n 's/^name = "\([a-z0-9-]*\)"$/\1/p' Cargo.toml | grep -v plomb-fuzz); do
    [ -z "$only" ] || [ "$only" = "$target" ] || continue
    mkdir -p "corpus/$target" artifacts
    # What once failed is tried again each time.
    [ ! -d "regressions/$target" ] || cp "regressions/$target"/* "corpus/$target/"
    printf 'fuzz %s: ' "$target"
    if "target/$host/release/$target" "corpus/$target" -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=2048 \
        -artifact_prefix="artifacts/$target-" -print_final_stats=1 >"artifacts/$target.log" 2>&1; then
        grep -E 'stat::number_of_executed_units' "artifacts/$target.log" | sed 's/.*: */executed /'
    else
        tail -n 30 "artifacts/$target.log"
        exit 1
    fi
done
