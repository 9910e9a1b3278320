#!/bin/sh
# Builds the firmware core for a Cortex-M4, which proves that it needs neither heap nor operating system.
set -eu
target=thumbv7em-none-eabi

[ -d "$(rustc --print target-libdir --target $target)" ] || rustup target add $target >/dev/null 2>&1 || {
    echo "Rust's core library for $target is missing, so the firmware core is not built for it: rustup target add $target" >&2
    exit 0
}
cargo build --locked --quiet -p plomb-device --target $target
