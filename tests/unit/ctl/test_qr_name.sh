#!/bin/sh
# SPDX-License-Identifier: MIT
# landfallctl qr without the provisioner: the name on the label is the one it will advertise, also
# while NetworkManager shows the air another address. Arguments: landfallctl, fake-ethtool.
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf 'k7mq2xwt9hdz\n' >"$folder/pop"
printf '[provisioner]\nsecrets = %s\ninterface = lo\nbus = unix:path=%s/none\n' \
	"$folder" "$folder" >"$folder/landfall.conf"

# check NUMBER TEXT PATTERN NAME - what the code says the name is; in $preload what ethtool is
check()
{
	got=$(LD_PRELOAD=$preload "$landfallctl" --config "$folder/landfall.conf" \
		--set="provisioner.name=$3" qr --text)
	case $got in
	*"\"name\":\"$4\","*) echo "ok $1 - $2" ;;
	*) echo "not ok $1 - $2: $got" ;;
	esac
}

landfallctl=$1
echo 1..4
preload=$2
check 1 'permanent address' 'PROV_%m' PROV_A1B2C3
check 2 'every mark' '%m-%m 100%%' 'A1B2C3-A1B2C3 100%'
preload=
check 3 'no permanent address' 'PROV_%m' PROV_000000

# An option of landfallctl itself is typed behind the command: where it belongs is said.
got=$("$landfallctl" qr --config "$folder/landfall.conf" 2>&1)
case $?/$got in
'2/landfallctl: --config stands before the command: landfallctl --config ... qr') echo "ok 4 - place" ;;
*) echo "not ok 4 - place: $got" ;;
esac
