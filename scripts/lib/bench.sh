# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The measurements of scripts/bench. Sourced; uses its `samples`, `rounds`, `loss_rounds`, `seed` and `with_device`.
# shellcheck disable=SC2154 # they, and what common.sh sets

bench_port=18883
ticks=$(getconf CLK_TCK)

# bench_build - a release build of its own
bench_build()
{
	build=$(tree_dir)/bench
	mkdir -p "$(tree_dir)"
	say "building (release)..."
	if [ ! -e "$build/build.ninja" ]; then
		meson setup "$build" "$source_dir" --prefix=/usr --buildtype=release >"$build.log" 2>&1 ||
			die "meson setup failed; see $build.log"
	fi
	ninja -C "$build" agent/landfall-agent ctl/landfallctl tests/bench/start_to_ready \
		>"$build.log" 2>&1 || die "the build failed; see $build.log"
	agent=$build/agent/landfall-agent
	ctl=$build/ctl/landfallctl
}

# bench_folder - a folder that goes away at the end, with a lab CA and a device's identity
bench_folder()
{
	bed=$source_dir/tests/testbed/guest/usr/local
	work=$(mktemp -d "${TMPDIR:-/var/tmp}/landfall-bench.XXXXXX")
	trap bench_clean EXIT
	TESTBED_LIB=$bed/lib/testbed TESTBED_LAB=$work/lab TESTBED_ADDRESS=127.0.0.1 \
		TESTBED_BROKER_NAME=localhost "$bed/bin/testbed-ca" device bench-device "$work/identity"
	printf '[broker]\nuri = mqtts://localhost:%s\n' "$bench_port" >"$work/identity/broker.conf"
	cat >"$work/landfall.conf" <<-END
		[log]
		level = warning
		[store]
		path = $work/store
		[agent]
		spool = $work/spool.db
		spool_limit = 1GiB
		ingest = $work/agent.sock
		interval = 1h
		bus =
	END
	"$ctl" --config "$work/landfall.conf" store import "$work/identity" >/dev/null ||
		die "the identity was not taken"
	seq -f '{"temperature":%g.5,"humidity":41}' 1 "$samples" >"$work/lines"
	start_broker
}

bench_clean()
{
	# shellcheck disable=SC2046 # one word a process
	kill $(jobs -p) 2>/dev/null
	wait
	rm -rf "$work"
}

start_broker()
{
	cat >"$work/mosquitto.conf" <<-END
		user root
		listener $bench_port 127.0.0.1
		cafile $work/lab/ca.crt
		certfile $work/lab/broker.crt
		keyfile $work/lab/broker.key
		require_certificate true
		use_identity_as_username true
		max_queued_messages 0
		log_type error
		log_dest stderr
	END
	mosquitto -c "$work/mosquitto.conf" &
	broker_pid=$!
	await_broker
}

await_broker()
{
	for _ in $(seq 100); do
		(: </dev/tcp/127.0.0.1/$bench_port) 2>/dev/null && return
		sleep 0.1
	done
	die "mosquitto does not listen"
}

# start_agent [CONFIG [STATE]] - and wait until it is in that state
start_agent()
{
	"$agent" --config "${1:-$work/landfall.conf}" &
	agent_pid=$!
	for _ in $(seq 100); do
		[ "$(agent_status .state 2>/dev/null)" = "${2:-online}" ] && return
		sleep 0.1
	done
	die "the agent is not ${2:-online}: $(agent_status .)"
}

stop_agent()
{
	kill "$agent_pid"
	wait "$agent_pid"
}

agent_status()
{
	"$ctl" --config "$work/landfall.conf" --json status | jq -r ".agent | $1"
}

# all_acknowledged - the broker has everything that was accepted
all_acknowledged()
{
	[ "$(agent_status '.last_ack >= .spool.last')" = true ]
}

# cpu_of PID - user and system time in ticks
cpu_of()
{
	local stat

	stat=$(<"/proc/$1/stat")
	# shellcheck disable=SC2086 # fields are meant to be split
	set -- ${stat##*) }
	echo $((${12} + ${13}))
}

now_us()
{
	echo "${EPOCHREALTIME/./}"
}

# child_us - user and system time of the children that ended, in microseconds
child_us()
{
	awk -v ticks="$ticks" '{ sub(/.*\) /, ""); print ($14 + $15) * 1000000 / ticks }' /proc/$$/stat
}

# publish_ours - one round: prints microseconds of wall time and of CPU
publish_ours()
{
	local start cpu children end

	cpu=$(cpu_of "$agent_pid")
	children=$(child_us)
	start=$(now_us)
	"$ctl" --config "$work/landfall.conf" publish -l <"$work/lines" || die "publish failed"
	children=$(($(child_us) - children))
	until all_acknowledged; do
		sleep 0.01
	done
	end=$(now_us)
	echo $((end - start)) $((($(cpu_of "$agent_pid") - cpu) * 1000000 / ticks + children))
}

# median FILE COLUMN
median()
{
	cut -d' ' -f"$2" "$1" | sort -n | sed -n "$(((rounds + 1) / 2))p"
}

# pss PID - kB
pss()
{
	awk '/^Pss:/ { print $2 }' "/proc/$1/smaps_rollup"
}

# processor PID - of all its threads, in ms: used so far, and waited for while ready to run
processor()
{
	cat "/proc/$1"/task/*/schedstat |
		awk '{ used += $1; queued += $2 } END { printf "%.1f %.1f\n", used / 1e6, queued / 1e6 }'
}

# connect_peer TIMES - connect to CONNACK of libmosquitto alone, so often in one process
connect_peer()
{
	"$build/tests/bench/connect_mosquitto" "$1" "$bench_port" "$work/lab/ca.crt" \
		"$work/identity/device.crt" "$work/identity/device.key" || die "no figure for CONNACK"
}

# connect_both TIMES - the agent and libmosquitto in turn, each time in a process of its own: ms to
# CONNACK, of the processor, in its queue; of the agent the latter two since exec. And the broker's
connect_both()
{
	local used

	for _ in $(seq "$1"); do
		start_agent
		echo "$(agent_status .connect_ms) $(processor "$agent_pid")" >>"$work/connect-agent"
		stop_agent
		used=$(processor "$broker_pid")
		connect_peer 1 >>"$work/connect-peer"
		echo "${used% *} $(processor "$broker_pid")" |
			awk '{ printf "%.1f\n", $2 - $1 }' >>"$work/connect-broker"
	done
}

# middle [COLUMN] - the median of the lines
middle()
{
	cut -d' ' -f"${1:-1}" | sort -n | awk '{ line[NR] = $1 } END { print line[int((NR + 1) / 2)] }'
}

# shares WHO FILE - its medians
shares()
{
	printf '  %-40s %5s ms %8s ms %8s ms\n' "$1" "$(middle 1 <"$2")" "$(middle 2 <"$2")" \
		"$(middle 3 <"$2")"
}

bench_connect()
{
	connect_both 21
	connect_peer 22 | tail -n 21 >"$work/connect-again"
	echo
	printf '%-42s %8s %11s %11s\n' 'connect to CONNACK, medians of 21, in turn' wall processor \
		'its queue'
	shares 'agent (processor and queue since exec)' "$work/connect-agent"
	shares 'libmosquitto alone, in a new process' "$work/connect-peer"
	shares 'libmosquitto alone, in the same process' "$work/connect-again"
	echo "  the broker's processor for one of them: $(middle <"$work/connect-broker") ms"
}

bench_idle()
{
	local ready

	ninja -C "$build" tests/bench/connect_mosquitto >"$build.log" 2>&1 ||
		die "the build failed; see $build.log"
	start_agent
	sleep 5
	echo
	echo "agent, connected and idle: PSS $(pss "$agent_pid") kB"
	"$source_dir/tests/bench/pss" "$agent_pid"
	stop_agent
	bench_connect
	ready=$("$build/tests/bench/start_to_ready" 20 "$agent" --config "$work/landfall.conf") ||
		die "no figure for READY"
	echo "agent, start to READY: median ${ready% *} ms, worst ${ready#* } ms of 20"
}

bench_loss()
{
	ninja -C "$build" tests/agent/loss tests/agent/libfrail-machine.so >"$build.log" 2>&1 ||
		die "the build failed; see $build.log"
	echo
	LANDFALL_AGENT=$agent LANDFALL_FRAIL_MACHINE=$build/tests/agent/libfrail-machine.so \
		"$build/tests/agent/loss" -n "${loss_rounds:-200}" ${seed:+-s "$seed"} ||
		die "samples were lost, out of order or too often double"
}

bench_cuts()
{
	"$source_dir/scripts/testbed" build || die "the device cannot be built"
	"$source_dir/tests/testbed/cuts" "${loss_rounds:-20}" || die "a power cut cost a sample"
}

bench_device()
{
	local bed="$source_dir/scripts/testbed"

	"$bed" build || die "the device cannot be built"
	"$bed" start --name bench --fresh || die "the device does not boot"
	"$bed" exec --name bench --time 240 "/host$source_dir/tests/bench/device"
	"$bed" stop --name bench
}

bench_provision()
{
	local bed="$source_dir/scripts/testbed"

	ninja -C "$build" provisioner/landfall-provisioner tests/bus/bench_provision \
		tests/bench/security2_cpu >"$build.log" 2>&1 || die "the build failed; see $build.log"
	echo
	echo "provisioner, on a private bus between fakes that answer at once:"
	LANDFALL_PROVISIONER=$build/provisioner/landfall-provisioner \
		LANDFALL_PSS=$source_dir/tests/bench/pss \
		"$build/tests/bus/bench_provision" || die "no figures on the private bus"
	echo
	echo "security 2 beside OpenSSL, processor time (the ratio is to be 2 at most):"
	"$build/tests/bench/security2_cpu"
	[ "$with_device" = yes ] || return
	echo
	echo "provisioner, in the virtual device, with the habits of the Android app:"
	"$bed" build || die "the device cannot be built"
	"$bed" start --name bench --fresh || die "the device does not boot"
	"$bed" exec --name bench --time 600 "/host$source_dir/tests/bench/provision"
	"$bed" stop --name bench
}
