#!/bin/sh
# SPDX-License-Identifier: MIT
# landfallctl factory makes what device and label need, and puts the proof nowhere else.
# Arguments: landfallctl.
set -u
ctl=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
: >"$folder/landfall.conf"
n=0

# point TEXT COMMAND... - it must succeed
point()
{
	text=$1
	shift
	n=$((n + 1))
	if "$@" >"$folder/out" 2>&1; then
		echo "ok $n - $text"
	else
		echo "not ok $n - $text"
		sed 's/^/# /' "$folder/out"
	fi
}

factory()
{
	"$ctl" --config "$folder/landfall.conf" factory "$@"
}

# status N COMMAND... - it must end with that exit status
status()
{
	want=$1
	shift
	"$@"
	got=$?
	[ "$got" -eq "$want" ] || { echo "exit status $got in place of $want" && false; }
}

has()
{
	grep -qF -- "$2" "$1"
}

lacks()
{
	! grep -rqF -- "$2" "$1"
}

given()
{
	printf 'k7mq2xwt9hdz\n' | factory "$folder/given" --name=PROV_A1B2C3 --pop-file=-
}

modes()
{
	[ "$(find "$folder/given" -printf '%y%m\n' | sort -u | tr '\n' ' ')" = "d700 f600 " ]
}

files()
{
	[ "$(cd "$folder/given" && find . -type f | sort | tr '\n' ' ')" = \
		"./device/salt ./device/verifier ./label/label.svg ./label/payload.txt " ]
}

sizes()
{
	[ "$(stat -c %s "$folder/given/device/salt")" -eq 16 ] &&
		[ "$(stat -c %s "$folder/given/device/verifier")" -le 384 ]
}

# A proof of our own making: twelve characters that are not alike.
drawn()
{
	grep -qE '"pop":"[abcdefghjkmnpqrstuvwxyz1-9]{12}"' "$1/label/payload.txt"
}

differ()
{
	! cmp -s "$folder/one/label/payload.txt" "$folder/two/label/payload.txt" &&
		! cmp -s "$folder/one/device/salt" "$folder/two/device/salt"
}

echo 1..20
point "a proof is taken from standard input" given
point "and not told" lacks "$folder/out" k7mq2xwt9hdz
point "the files" files
point "modes" modes
point "salt and verifier" sizes
point "the proof is in the payload" has "$folder/given/label/payload.txt" \
	'{"ver":"v1","name":"PROV_A1B2C3","username":"wifiprov","pop":"k7mq2xwt9hdz","transport":"ble"}'
point "and on the label" has "$folder/given/label/label.svg" '>k7mq 2xwt 9hdz<'
point "but not in what the device gets" lacks "$folder/given/device" k7mq2xwt9hdz
point "a folder that exists is left alone" status 1 factory "$folder/given" --name=PROV_A1B2C3
point "a proof is drawn" factory "$folder/one" --name=PROV_1
point "from the alphabet" drawn "$folder/one"
factory "$folder/two" --name=PROV_2 >/dev/null
point "another one each time" differ
point "a name is needed" status 2 factory "$folder/three"
point "of some length" status 2 factory "$folder/three" --name=PROV_0123456789012345678901
point "with its address" status 2 factory "$folder/three" --name=PROV_%m
point "of printable text" status 23 factory "$folder/three" --name="$(printf 'PROV\001')"
printf '\n' >"$folder/empty"
point "an empty proof is refused" status 23 factory "$folder/three" --name=PROV_3 \
	--pop-file="$folder/empty"
printf 'two\nlines\n' >"$folder/lines"
point "so are two lines" status 23 factory "$folder/three" --name=PROV_3 \
	--pop-file="$folder/lines"
point "a proof file that is not there" status 2 factory "$folder/three" --name=PROV_3 \
	--pop-file="$folder/absent"
point "nothing was made of those" [ ! -e "$folder/three" ]
