# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Finds out whether KVM really works here. /dev/kvm may exist and still hang the guest (nested
# hosts), so a kernel is booted with it under a short limit, and the answer kept per machine. Sourced.

accel_trial_limit=20

# trial_image BUSYBOX IMAGE - an initramfs that says it lives and powers off
trial_image()
{
	local busybox=$1 image=$2 work

	work=$(mktemp -d "$cache_dir/trial.XXXXXX")
	mkdir -p "$work/bin" "$work/dev" "$work/proc"
	cp "$busybox" "$work/bin/busybox"
	cat >"$work/init" <<-'END'
		#!/bin/busybox sh
		/bin/busybox mount -t devtmpfs dev /dev
		echo trial-lives >/dev/ttyS0
		/bin/busybox poweroff -f
	END
	chmod 755 "$work/init"
	(cd "$work" && find . | "$busybox" cpio -o -H newc 2>/dev/null | gzip -1) >"$image"
	rm -rf "$work"
}

# accel_machine - what the answer holds for: this processor under this kernel
accel_machine()
{
	{
		uname -sr
		grep -m 1 'model name' /proc/cpuinfo
		cat /etc/machine-id 2>/dev/null
	} | sha256sum | cut -c1-16
}

# kvm_works ROOT - true when a guest lives under KVM
kvm_works()
{
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || return 1
	timeout --kill-after=2 "$accel_trial_limit" \
		qemu-system-x86_64 -accel kvm -cpu host -smp 2 -m 256 -nodefaults -display none \
		-serial stdio -no-reboot -nic none -kernel "$1/vmlinuz" -initrd "$1/trial.img" \
		-append 'console=ttyS0 quiet panic=-1' </dev/null 2>/dev/null | grep -q trial-lives
}

# accel_choose - prints kvm or tcg
accel_choose()
{
	local answer file

	if [ -n "${LANDFALL_ACCEL:-}" ]; then
		case $LANDFALL_ACCEL in
		kvm | tcg) echo "$LANDFALL_ACCEL" && return ;;
		*) die "LANDFALL_ACCEL is '$LANDFALL_ACCEL', must be kvm or tcg" ;;
		esac
	fi
	file=$cache_dir/accel-$(accel_machine)
	if [ ! -s "$file" ]; then
		[ -e /dev/kvm ] && say "trying KVM, at most $accel_trial_limit s (once)"
		answer=tcg
		kvm_works "$(root_dir)" && answer=kvm
		echo "$answer" >"$file"
		say "acceleration: $answer"
	fi
	cat "$file"
}
