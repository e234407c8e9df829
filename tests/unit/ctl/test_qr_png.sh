#!/bin/sh
# SPDX-License-Identifier: MIT
# landfallctl qr --png is read back by zbarimg: the device's name and proof survive the picture.
# Arguments: landfallctl, zbarimg.
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf 'k7mq2xwt9hdz\n' >"$folder/pop"
printf '[provisioner]\nsecrets = %s\nname = PROV_A1B2C3\nbus = unix:path=%s/none\n' \
	"$folder" "$folder" >"$folder/landfall.conf"

want='{"ver":"v1","name":"PROV_A1B2C3","username":"wifiprov","pop":"k7mq2xwt9hdz","transport":"ble"}'
echo 1..8
"$1" --config "$folder/landfall.conf" qr --png="$folder/code.png" &&
	got=$("$2" --raw -q "$folder/code.png")
if [ "${got-}" = "$want" ]; then echo "ok 1 - decoded"; else echo "not ok 1 - decoded: ${got-}"; fi
mode=$(stat -c %a "$folder/code.png")
if [ "$mode" = 600 ]; then echo "ok 2 - mode 0600"; else echo "not ok 2 - mode 0600: $mode"; fi
got=$("$1" --config "$folder/landfall.conf" qr --text)
if [ "$got" = "$want" ]; then echo "ok 3 - text"; else echo "not ok 3 - text: $got"; fi
got=$("$1" --config "$folder/landfall.conf" qr --json)
if [ "$got" = "$want" ]; then echo "ok 4 - --json last"; else echo "not ok 4 - --json last: $got"; fi

# The label has what the provisioner has: blanks count, a second line is none of it.
printf 'two words \r\n' >"$folder/pop"
want='{"ver":"v1","name":"PROV_A1B2C3","username":"wifiprov","pop":"two words ","transport":"ble"}'
got=$("$1" --config "$folder/landfall.conf" qr --text)
if [ "$got" = "$want" ]; then echo "ok 5 - blanks"; else echo "not ok 5 - blanks: $got"; fi
printf 'k7mq2xwt\n9hdz\n' >"$folder/pop"
got=$("$1" --config "$folder/landfall.conf" qr --text 2>&1)
status=$?
if [ "$status" = 23 ]; then echo "ok 6 - one line"; else echo "not ok 6 - one line: $status, $got"; fi

got=$("$1" --config "$folder/landfall.conf" qr --text --png="$folder/both.png" 2>&1)
status=$?
if [ "$status" = 2 ] && [ ! -e "$folder/both.png" ]; then echo "ok 7 - one of all"; else
	echo "not ok 7 - one of all: $status, $got"
fi

# A file that was there and for everybody is for nobody else from now on.
printf 'k7mq2xwt9hdz\n' >"$folder/pop"
: >"$folder/old.png"
chmod 644 "$folder/old.png"
"$1" --config "$folder/landfall.conf" qr --png="$folder/old.png"
mode=$(stat -c %a "$folder/old.png")
if [ "$mode" = 600 ]; then echo "ok 8 - old file"; else echo "not ok 8 - old file: $mode"; fi
