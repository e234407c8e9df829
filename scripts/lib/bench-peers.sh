# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The agent beside other ways to bring lines to a broker, all in one run. Sourced after bench.sh.
# shellcheck disable=SC2154 # what bench.sh and scripts/bench set

# Name of each row, as the functions below take it.
peer_names=("mosquitto_pub -l -q 1" "libmosquitto, C" "paho, C" "paho, Python" "landfallctl publish -l")

bench_peers_build()
{
	ninja -C "$build" tests/bench/peer_mosquitto tests/bench/wire_octets >"$build.log" 2>&1 ||
		die "the build failed; see $build.log"
	need_tools cc:gcc
	[ -e /usr/include/MQTTAsync.h ] || die "as root: apt-get install libpaho-mqtt-dev"
	/usr/bin/python3 -c "import paho.mqtt.client" 2>/dev/null ||
		die "as root: apt-get install python3-paho-mqtt"
	cc -O2 -o "$work/peer_paho" "$source_dir/tests/bench/peer_paho.c" -lpaho-mqtt3as -lpthread ||
		die "tests/bench/peer_paho.c does not build"
}

# peer_run NUMBER PORT - all lines through that peer, until the broker has acknowledged them
peer_run()
{
	local identity=("$2" "$work/lab/ca.crt" "$work/identity/device.crt" "$work/identity/device.key")

	case $1 in
	0)
		exec mosquitto_pub -l -q 1 -t v1/devices/me/telemetry -h localhost -p "$2" \
			--cafile "${identity[1]}" --cert "${identity[2]}" --key "${identity[3]}"
		;;
	1) exec "$build/tests/bench/peer_mosquitto" "${identity[@]}" ;;
	2) exec "$work/peer_paho" "${identity[@]}" ;;
	3) exec /usr/bin/python3 "$source_dir/tests/bench/peer_paho.py" "${identity[@]}" ;;
	esac
}

# disk_of PID - octets it has had written to a disk
disk_of()
{
	awk '/^write_bytes:/ { print $2 }' "/proc/$1/io"
}

# timed_peer NUMBER - one round: microseconds on the wall and of CPU, octets to disk
timed_peer()
{
	local start children

	children=$(child_us)
	start=$(now_us)
	(peer_run "$1" "$bench_port") <"$work/lines" || die "${peer_names[$1]} failed"
	echo $(($(now_us) - start)) $(($(child_us) - children)) 0
}

timed_ours()
{
	local disk figures

	disk=$(disk_of "$agent_pid")
	figures=$(publish_ours)
	echo "$figures" $(($(disk_of "$agent_pid") - disk))
}

# highest_pss PID - until the process ends
highest_pss()
{
	local highest=0 now

	while now=$(awk '/^Pss:/ { print $2 }' "/proc/$1/smaps_rollup" 2>/dev/null) && [ -n "$now" ]; do
		[ "$now" -le "$highest" ] || highest=$now
		sleep 0.05
	done
	echo "$highest"
}

wire_octets()
{
	local octets

	echo >&"${wire[1]}"
	read -r octets <&"${wire[0]}"
	echo "$octets"
}

# measured_peer NUMBER - another round, through a proxy that counts: highest PSS in kB, octets sent
measured_peer()
{
	local before pid

	before=$(wire_octets)
	(peer_run "$1" "$wire_port") <"$work/lines" &
	pid=$!
	echo "$(highest_pss "$pid")" $(($(wire_octets) - before))
	wait "$pid"
}

# measured_ours - the agent alone, which stays; landfallctl is gone after its work
measured_ours()
{
	local before watch

	sed "s|^\[store\]|[broker]\nuri = mqtts://localhost:$wire_port\n[store]|" \
		"$work/landfall.conf" >"$work/wire.conf"
	before=$(wire_octets)
	start_agent "$work/wire.conf"
	publish_ours >/dev/null
	watch=$(pss "$agent_pid")
	stop_agent
	echo "$watch" $(($(wire_octets) - before))
}

peer_row()
{
	awk -v name="${peer_names[$1]}" -v wall="$(median "$work/timed-$1" 1)" \
		-v cpu="$(median "$work/timed-$1" 2)" -v disk="$(median "$work/timed-$1" 3)" \
		-v pss="$(cut -d' ' -f1 "$work/measured-$1")" \
		-v wire="$(cut -d' ' -f2 "$work/measured-$1")" -v n="$samples" \
		'BEGIN { printf "%-24s %10.0f %14.2f %9d %14.1f %14.1f\n", name, n * 1000000 / wall,
			cpu / n, pss, wire / n, disk / n }'
}

bench_throughput()
{
	local one

	bench_peers_build
	start_agent
	for _ in $(seq "$rounds"); do
		for one in 0 1 2 3; do
			timed_peer "$one" >>"$work/timed-$one"
		done
		timed_ours >>"$work/timed-4"
	done
	stop_agent
	coproc wire { "$build/tests/bench/wire_octets" "$bench_port"; }
	read -r wire_port <&"${wire[0]}"
	for one in 0 1 2 3; do
		measured_peer "$one" >"$work/measured-$one"
	done
	measured_ours >"$work/measured-4"
	echo
	echo "$samples samples of $(head -c 40 "$work/lines" | head -1), median of $rounds rounds in turn:"
	printf '%-24s %10s %14s %9s %14s %14s\n' "" "samples/s" "CPU us/sample" "PSS kB" \
		"wire B/sample" "disk B/sample"
	for one in 0 1 2 3 4; do
		peer_row "$one"
	done
	echo "the last: on disk, then acknowledged by the broker; CPU of agent and landfallctl together," \
		"PSS of the agent; the others keep nothing"
}

# bench_drain - a million samples wait for a broker that comes back
bench_drain()
{
	local start end

	kill "$broker_pid"
	wait "$broker_pid"
	start_agent "$work/landfall.conf" waiting
	say "filling the spool..."
	seq -f '{"temperature":%.0f.5,"humidity":41}' 1 "$drain" |
		"$ctl" --config "$work/landfall.conf" publish -l || die "publish failed"
	stop_agent
	mosquitto -c "$work/mosquitto.conf" &
	broker_pid=$!
	await_broker
	start=$(now_us)
	start_agent "$work/landfall.conf" online
	until all_acknowledged; do
		sleep 0.05
	done
	end=$(now_us)
	echo
	awk -v n="$drain" -v us=$((end - start)) \
		'BEGIN { printf "drain: %d samples in %.1f s, %.0f samples/s\n", n, us / 1000000, n * 1000000 / us }'
	echo "agent afterwards: PSS $(pss "$agent_pid") kB, highest resident set" \
		"$(awk '/^VmHWM:/ { print $2 }' "/proc/$agent_pid/status") kB"
	stop_agent
}

# bench_wear - what a sample costs the flash, one a second and as many as go
bench_wear()
{
	local disk accepted

	sed 's/^interval = 1h/interval = 1s/' "$work/landfall.conf" >"$work/idle.conf"
	start_agent "$work/idle.conf"
	disk=$(disk_of "$agent_pid")
	accepted=$(agent_status .spool.accepted)
	sleep 60
	echo
	awk -v disk=$(($(disk_of "$agent_pid") - disk)) \
		-v n=$(($(agent_status .spool.accepted) - accepted)) \
		'BEGIN { printf "wear, one sample a second: %d octets to disk for each, %.1f MB a day\n", disk / n,
			disk / n * 86400 / 1000000 }'
	disk=$(disk_of "$agent_pid")
	publish_ours >/dev/null
	awk -v disk=$(($(disk_of "$agent_pid") - disk)) -v n="$samples" \
		'BEGIN { printf "wear, %d samples as fast as they go: %d octets to disk for each\n", n, disk / n }'
	stop_agent
}
