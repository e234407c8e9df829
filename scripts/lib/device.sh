# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# One virtual device: its folder, its QEMU process, and the commands run in it. Sourced.
#
#   pid           of QEMU                       boot.log      kernel and systemd on the serial console
#   state.img     the state disk                journal.log   the journal, as it is written
#   agent.in      line to the device's agent    console.sock  a root shell
#   control/      shared with the agent: ready, failed-units, awake, jobs/
#   monitor.sock  where QEMU takes commands
#   settings      options it was started with

device_dir=                 # set by device_select
boot_limit=${LANDFALL_BOOT_LIMIT:-300}

device_select()
{
	case $1 in
	'' | *[!A-Za-z0-9_-]*) usage_error "'$1' is no name for a device: letters, digits, - and _" ;;
	esac
	device_name=$1
	device_dir=$(tree_dir)/devices/$1
}

device_pid()
{
	local pid

	pid=$(cat "$device_dir/pid" 2>/dev/null) || return 1
	[ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = qemu-system-x86 ] && echo "$pid"
}

device_runs()
{
	device_pid >/dev/null
}

device_need_running()
{
	device_runs || die "device '$device_name' is off; start it with: $program start"
}

# device_state_image - a blank state disk: no network, no certificate, no journal
device_state_image()
{
	rm -f "$1"
	mkdir -p "$(dirname "$1")"
	mke2fs -q -t ext4 -m 0 "$1" "${LANDFALL_STATE_SIZE:-512M}" >/dev/null ||
		die "cannot make the state disk $1"
}

# device_qemu ROOT ACCEL STATE OUT - starts QEMU in the background
device_qemu()
{
	local root=$1 accel=$2 state=$3 out=$4 processor machine

	case $accel in
	kvm) processor=host machine=accel=kvm ;;
	tcg) processor=max,la57=off machine=accel=tcg,thread=multi ;;
	esac
	cd "$device_dir" || die "no folder $device_dir"
	qemu-system-x86_64 -name "landfall-$device_name" \
		-machine q35 -accel "${machine#accel=}" -cpu "$processor" \
		-smp 2 -m "${LANDFALL_MEMORY:-1024}" -nodefaults -display none -no-reboot -nic none \
		-kernel "$root/vmlinuz" -initrd "$root/initrd.img" \
		-append "console=ttyS0 loglevel=4 panic=-1 mitigations=off apparmor=0 audit=0 \
cryptomgr.notests systemd.show_status=1 systemd.log_color=0" \
		-drive "file=$root/root.ext4,if=none,id=root,format=raw,readonly=on" \
		-device virtio-blk-pci,drive=root \
		-drive "file=$(project_image),if=none,id=project,format=raw,readonly=on" \
		-device virtio-blk-pci,drive=project \
		-drive "file=$state,if=none,id=state,format=raw,cache=writeback" \
		-device virtio-blk-pci,drive=state \
		-fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap \
		-device virtio-9p-pci,fsdev=host,mount_tag=host \
		-fsdev "local,id=out,path=$out,security_model=none,multidevs=remap" \
		-device virtio-9p-pci,fsdev=out,mount_tag=out \
		-fsdev local,id=testbed,path=control,security_model=none,multidevs=remap \
		-device virtio-9p-pci,fsdev=testbed,mount_tag=testbed \
		-device virtio-rng-pci -device virtio-serial-pci \
		-monitor unix:monitor.sock,server=on,wait=off \
		-chardev socket,id=shell,path=console.sock,server=on,wait=off \
		-device virtconsole,chardev=shell \
		-chardev file,id=journal,path=journal.log,append=on \
		-device virtconsole,chardev=journal \
		-chardev pipe,id=agent,path=agent \
		-device virtserialport,chardev=agent,name=landfall.agent \
		-serial file:boot.log -pidfile pid -daemonize
}

# device_nice - QEMU is a session of its own, and the kernel shares the processor between sessions
# first: what `nice` says of this one would count for nothing
device_nice()
{
	{ nice >"/proc/$(device_pid)/autogroup"; } 2>/dev/null || true
}

# device_prepare FRESH STATE - clears what is left of the last run; the laboratory's files and the
# journal stay, unless the device is to be a blank one
device_prepare()
{
	local fresh=$1 state=$2 control=$device_dir/control

	mkdir -p "$control"
	rm -rf "$control/jobs" "$control/ready" "$control/failed-units" "$device_dir"/agent.* \
		"$device_dir/pid" "$device_dir"/*.sock "$device_dir/boot.log"
	[ "$fresh" = no ] || rm -rf "$control/lab" "$device_dir/journal.log"
	mkdir -p "$control/jobs"
	mkfifo "$device_dir/agent.in" "$device_dir/agent.out"
	if [ "$fresh" = yes ] || [ ! -e "$state" ]; then
		device_state_image "$state"
	fi
}

# device_start FRESH STATE OUT - boots and waits until commands can be run
device_start()
{
	local fresh=$1 state=$2 out=$3 root accel

	need_tools qemu-system-x86_64:qemu-system-x86 mke2fs:e2fsprogs
	root=$(root_dir)
	{ [ -e "$root/versions" ] && [ -e "$(project_image)" ]; } ||
		die "nothing is built yet; run: $program build"
	device_runs && die "device '$device_name' runs already; end it with: $program stop"
	[ -d "$out" ] || die "the folder for /out does not exist: $out"
	accel=$(accel_choose)
	device_prepare "$fresh" "$state"
	printf 'state=%q\nout=%q\n' "$state" "$out" >"$device_dir/settings"
	(device_qemu "$root" "$accel" "$state" "$out") ||
		die "QEMU did not start (is $state in use by another device?)"
	device_nice
	device_wait_ready "$accel"
}

device_boot_failed()
{
	say "$1; the end of $device_dir/boot.log:"
	tail -n 25 "$device_dir/boot.log" >&2
	device_cut
	exit 3
}

# device_wait_ready ACCEL
device_wait_ready()
{
	local started state uptime

	started=$(seconds)
	say "booting device '$device_name' ($1); log: $device_dir/boot.log"
	until [ -e "$device_dir/control/ready" ]; do
		device_runs || device_boot_failed "the device went off while booting"
		[ $(($(seconds) - started)) -lt "$boot_limit" ] ||
			device_boot_failed "the device did not come up within $boot_limit s"
		sleep 0.2
	done
	read -r state uptime <"$device_dir/control/ready"
	say "device up after $(($(seconds) - started)) s, systemd says '$state' at $uptime s"
	[ "$state" = running ] || sed "s/^/$program: failed unit: /" \
		"$device_dir/control/failed-units" >&2
}

# device_tell LINE - to the agent; gives up when the device is gone
device_tell()
{
	device_runs || return 1
	# shellcheck disable=SC2016 # expanded by the inner shell
	timeout 5 sh -c 'printf "%s\n" "$1" >"$2"' sh "$1" "$device_dir/agent.in"
}

# job_text WORD... - the script a job runs: one word is a shell line, several are a command
job_text()
{
	printf 'export HOST_SOURCE=%q\n' "/host$source_dir"
	if [ $# -eq 1 ]; then
		printf '%s\n' "$1"
	else
		printf 'exec'
		printf ' %q' "$@"
		printf '\n'
	fi
}

# job_wait JOB LIMIT - until the exit status is there; 1 when it never will be
job_wait()
{
	local job=$1 deadline

	deadline=$(($(seconds) + $2 + 30))
	until [ -e "$job/rc" ]; do
		device_runs || return 1
		[ "$(seconds)" -lt "$deadline" ] || return 1
		sleep 0.1
	done
}

# device_exec LIMIT STDIN WORD... - runs it in the device; returns its exit status
device_exec()
{
	local limit=$1 input=$2 job waiter rc=0

	shift 2
	device_need_running
	job=$(mktemp -d "$device_dir/control/jobs/XXXXXX")
	chmod 755 "$job"
	job_text "$@" >"$job/command"
	echo "$limit" >"$job/limit"
	: >"$job/stdout"
	: >"$job/stderr"
	[ "$input" = yes ] && cat >"$job/stdin"
	# shellcheck disable=SC2064 # the job of now is meant
	trap "device_tell 'kill ${job##*/}'; exit 130" INT TERM
	device_tell "run ${job##*/}" || die "the device's agent does not listen"
	job_wait "$job" "$limit" &
	waiter=$!
	tail -q -c +1 -s 0.1 -f --pid="$waiter" "$job/stderr" >&2 &
	tail -q -c +1 -s 0.1 -f --pid="$waiter" "$job/stdout"
	wait
	trap - INT TERM
	if [ ! -e "$job/rc" ]; then
		device_runs || die "the device went off before the command ended"
		say "the device does not answer any more"
		return 125
	fi
	rc=$(cat "$job/rc")
	[ "$rc" -ne 124 ] || say "the command was ended after $limit s"
	rm -rf "$job"
	return "$rc"
}

# device_cut - the power goes: what the device had not flushed to its disk is lost
device_cut()
{
	local pid

	pid=$(device_pid) || return 0
	kill -9 "$pid"
	while [ -d "/proc/$pid" ]; do
		sleep 0.05
	done
	rm -f "$device_dir/pid"
}

# device_stop - orderly; after a minute the power goes
device_stop()
{
	local started

	device_runs || return 0
	started=$(seconds)
	device_tell poweroff
	while device_runs; do
		if [ $(($(seconds) - started)) -ge 90 ]; then
			say "the device does not power off, cutting its power"
			device_cut
		fi
		sleep 0.1
	done
	rm -f "$device_dir/pid"
}

# device_monitor LINE - a command for QEMU; prints what it says
device_monitor()
{
	(cd "$device_dir" && echo "$1" | timeout 20 socat -t 2 - UNIX-CONNECT:monitor.sock)
}

# device_awake - it is there again after a sleep; where it still sleeps it is woken up
device_awake()
{
	[ -e "$device_dir/control/awake" ] && return
	device_monitor 'info status' | grep -q 'VM status: paused (suspended)' &&
		device_monitor system_wakeup >/dev/null
	return 1
}

# device_nap LIMIT - puts it to sleep and wakes it up; commands can be run again afterwards. QEMU 7.2
# wakes up by itself, at once, from all sleeps but the first after a boot.
device_nap()
{
	local deadline

	need_tools socat:socat
	rm -f "$device_dir/control/awake"
	device_exec "$1" no testbed-nap || return
	deadline=$(($(seconds) + $1))
	until device_awake; do
		device_runs || die "the device went off"
		[ "$(seconds)" -lt "$deadline" ] || die "the device did not sleep and wake up in $1 s"
		sleep 0.2
	done
}

# device_shell - connects this terminal to the root shell; Ctrl-] leaves it
device_shell()
{
	device_need_running
	need_tools socat:socat
	say "root shell of device '$device_name'; Ctrl-] leaves it"
	cd "$device_dir" || die "no folder $device_dir"
	if [ -t 0 ]; then
		socat -,raw,echo=0,escape=0x1d UNIX-CONNECT:console.sock
	else
		socat -t 5 - UNIX-CONNECT:console.sock
	fi
}
