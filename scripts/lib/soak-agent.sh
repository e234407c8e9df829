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

# wakeups_of PID - of each thread: number, how often it has gone to sleep so far, name
wakeups_of()
{
	awk '/^Name:/ { name = $2 } /^Pid:/ { pid = $2 }
		/^voluntary_ctxt_switches:/ { print pid, $2, name }' "/proc/$1/task/"*/status | sort
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

# wakeup_row INTERVAL - a second, over a minute, connected: in all, and of each thread
wakeup_row()
{
	soak_config idle "$1"
	start_agent "$work/idle.conf"
	sleep 10
	wakeups_of "$agent_pid" >"$work/wakeups-before"
	sleep 60
	wakeups_of "$agent_pid" >"$work/wakeups-after"
	stop_agent
	join "$work/wakeups-before" "$work/wakeups-after" | awk '
		{ n = ($4 - $2) / 60; sum += n; each = each sprintf(", %s %.1f", $3, n) }
		END { printf "%.1f a second (%s)\n", sum, substr(each, 3) }'
}

soak_wakeups()
{
	echo
	echo "wake-ups, connected:"
	echo "idle:                $(wakeup_row 1h)"
	echo "one sample a second: $(wakeup_row 1s)"
}

soak_agent()
{
	local hour failed=0

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
	# 512 KiB: the pages of the spool that SQLite keeps at most, which a longer outage fills; and
	# as much for all else.
	awk -v most=1024 '
		NR == 2 { first = $2; fds = $4 }
		{ last = $2; lastfds = $4 }
		END {
			printf "growth after hour 2: memory %d KiB, descriptors %d\n", last - first, lastfds - fds
			exit last - first > most || lastfds != fds
		}' "$work/hours" || failed=1
	soak_wakeups
	return "$failed"
}
