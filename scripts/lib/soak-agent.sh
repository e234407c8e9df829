# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# scripts/soak agent: a day of the agent, a hundred times as fast. Sourced after bench.sh.
# shellcheck disable=SC2154 # what bench.sh and scripts/soak set

# memory_of PID - resident set in KiB
memory_of()
{
	awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"
}

descriptors_of()
{
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

# wakeups_of PID - times its threads have gone to sleep so far
wakeups_of()
{
	cat "/proc/$1/task/"*/status | awk '/^voluntary_ctxt_switches:/ { n += $2 } END { print n }'
}

# soak_config NAME INTERVAL
soak_config()
{
	sed "s/^interval = 1h/interval = $2/" "$work/landfall.conf" >"$work/$1.conf"
	printf '[sensor wave]\ndriver = simulated\n' >>"$work/$1.conf"
}

# await_accepted N - so many samples were taken
await_accepted()
{
	until [ "$(agent_status .spool.accepted)" -ge "$1" ]; do
		sleep 0.5
	done
}

restart_broker()
{
	kill "$broker_pid"
	wait "$broker_pid"
	mosquitto -c "$work/mosquitto.conf" &
	broker_pid=$!
	await_broker
}

soak_hour()
{
	await_accepted $((cycles * $1 / 24))
	restart_broker
	echo "$1 $(memory_of "$agent_pid") $(pss "$agent_pid") $(descriptors_of "$agent_pid")" >>"$work/hours"
	tail -n 1 "$work/hours" |
		awk '{ printf "hour %2d: memory %d KiB, PSS %d KiB, %d descriptors\n", $1, $2, $3, $4 }'
}

# idle_wakeups INTERVAL - a second, over a minute, connected
idle_wakeups()
{
	local before

	soak_config idle "$1"
	start_agent "$work/idle.conf"
	sleep 10
	before=$(wakeups_of "$agent_pid")
	sleep 60
	echo "scale=1; ($(wakeups_of "$agent_pid") - $before) / 60" | bc
	stop_agent
}

soak_agent()
{
	local hour failed=0

	bench_build
	bench_folder
	soak_config soak 10ms
	start_agent "$work/soak.conf"
	for hour in $(seq 24); do
		soak_hour "$hour"
	done
	stop_agent
	start_agent
	until all_acknowledged; do
		sleep 0.1
	done
	echo
	agent_status '.spool | "samples: \(.accepted) taken, \(.delivered) delivered, \(.dropped) dropped, \(.waiting) waiting"'
	[ "$(agent_status '.spool.dropped')" = 0 ] || failed=1
	stop_agent
	awk -v most=512 '
		NR == 2 { first = $2; fds = $4 }
		{ last = $2; lastfds = $4 }
		END {
			printf "growth after hour 2: memory %d KiB, descriptors %d\n", last - first, lastfds - fds
			exit last - first > most || lastfds != fds
		}' "$work/hours" || failed=1
	echo "wake-ups a second, connected: $(idle_wakeups 1h) idle, $(idle_wakeups 1s) with one sample a second"
	return "$failed"
}
