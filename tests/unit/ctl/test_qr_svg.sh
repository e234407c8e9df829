#!/bin/sh
# SPDX-License-Identifier: MIT
# landfallctl qr --svg, drawn by rsvg-convert, is read back by zbarimg.
# Arguments: landfallctl, zbarimg, rsvg-convert.
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf 'a<b&"c9hdz\n' >"$folder/pop"

# label SECURITY NAME - the label as a picture, and what a scanner reads on it
label()
{
	printf '[provisioner]\nsecrets = %s\nname = %s\nbus = unix:path=%s/none\nsecurity = %s\n' \
		"$folder" "$2" "$folder" "$1" >"$folder/landfall.conf"
	"$ctl" --config "$folder/landfall.conf" qr --svg="$folder/label.svg" &&
		"$rsvg" --width 900 -o "$folder/label.png" "$folder/label.svg" &&
		"$zbarimg" --raw -q "$folder/label.png"
}

# point N TEXT GOT WANT
point()
{
	if [ "$3" = "$4" ]; then echo "ok $1 - $2"; else echo "not ok $1 - $2: $3"; fi
}

ctl=$1
zbarimg=$2
rsvg=$3
echo 1..4
point 1 "security 2" "$(label 2 PROV_A1B2C3)" \
	'{"ver":"v1","name":"PROV_A1B2C3","username":"wifiprov","pop":"a<b&\"c9hdz","transport":"ble"}'
point 2 "security 1" "$(label 1 'P<R&O"V')" \
	'{"ver":"v1","name":"P<R&O\"V","pop":"a<b&\"c9hdz","transport":"ble"}'
point 3 "security 0" "$(label 0 PROV_A1B2C3)" \
	'{"ver":"v1","name":"PROV_A1B2C3","transport":"ble","security":0,"network":"wifi"}'
point 4 "mode" "$(stat -c %a "$folder/label.svg")" 600
