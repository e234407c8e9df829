# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Where things of the laboratory are: on the host's side, so that they outlive the device. Sourced.
# shellcheck disable=SC2034 # used by those who source it

lab=${TESTBED_LAB:-/testbed/lab}        # certificates, and what the collector wrote
run=/run/testbed-ap                     # configuration of the running services
address=${TESTBED_ADDRESS:-192.168.77.1}
broker_name=${TESTBED_BROKER_NAME:-broker.landfall.test}
broker_port=8883
radius_name=radius.landfall.test
wifi_manager_file=/state/wifi-manager  # who has the device's interface; absent: networkmanager

die()
{
	echo "$(basename "$0"): $*" >&2
	exit 1
}

# wait_until SECONDS COMMAND... - until it succeeds
wait_until()
{
	local tries=$(($1 * 5))

	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.2
	done
}

# in_ap COMMAND... - as a machine behind the access point
in_ap()
{
	ip netns exec ap "$@"
}

# wifi_manager - who has the device's Wi-Fi interface
wifi_manager()
{
	cat "$wifi_manager_file" 2>/dev/null || echo networkmanager
}

# name_server - NetworkManager writes the one it was told; beside the others nobody does
name_server()
{
	rm -f /etc/resolv.conf
	[ "$(wifi_manager)" = networkmanager ] || echo "nameserver $address" >/etc/resolv.conf
}
