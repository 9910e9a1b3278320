#!/bin/sh
# Checks what the build and the tests need; installs what a Debian machine can install, and says exactly what is missing.
set -eu

missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing
  $1: $2"; }

need cargo "install Rust 1.95 or newer with rustup"
need node "install Node.js 20 or newer"
need npm "install npm 10 or newer"
need git "apt-get install git"

install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    echo "Installing $* ..."
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null 2>&1 ||
        { apt-get update -qq >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null; }
}

have_or_install() { # command package why
    command -v "$1" >/dev/null 2>&1 && return 0
    install "$2" || true
    need "$1" "$3: apt-get install $2"
}

have_or_install cc gcc "the C compiler, for SQLite"
have_or_install g++ g++ "the C++ compiler, for the fuzzer"
have_or_install make make "make"
if [ "${1:-}" != demo ]; then
    # Its package puts it where only the administrator's path looks.
    PATH=$PATH:/usr/sbin have_or_install mosquitto mosquitto "a real broker for the tests of MQTT"
    have_or_install mosquitto_pub mosquitto-clients "a real client for the tests of MQTT"
    have_or_install openssl openssl "certificates for the tests of TLS"
    have_or_install python3 python3 "independent implementations that the tests compare with"
    python3 -c 'import ensurepip' 2>/dev/null || install python3-venv python3-dev ||
        need python3-venv "the same: apt-get install python3-venv python3-dev"
    have_or_install chromium chromium "the browser tests drive a real browser"
fi

if [ -n "$missing" ]; then
    echo "These are missing:$missing" >&2
    exit 1
fi
