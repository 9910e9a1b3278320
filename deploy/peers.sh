#!/bin/sh
# Installs the independent implementations that the tests compare with into target/peers; does nothing when they are there.
set -eu
cd "$(dirname "$0")/.."
peers=target/peers
if cmp -s deploy/peers.txt "$peers/installed.txt"; then
	exit 0
fi
[ -x "$peers/bin/python" ] || python3 -m venv "$peers"
"$peers/bin/pip" install --quiet --disable-pip-version-check -r deploy/peers.txt
cp deploy/peers.txt "$peers/installed.txt"
