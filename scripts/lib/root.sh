# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Makes the part of the virtual device that is Debian's: root image, kernel, initramfs. Sourced.
# The result is kept in a folder named by the hash of all that goes into it, this file included:
#
#   root.ext4  vmlinuz  initrd.img  versions

bed_dir=$source_dir/tests/testbed
suite=bookworm

# What nobody needs on a device without a person: a third of the size.
root_excludes=(
	'/usr/share/doc/*' '/usr/share/man/*' '/usr/share/locale/*' '/usr/share/info/*'
	'/usr/share/lintian/*' '/usr/share/bug/*'
)

# Kernel modules for hardware that a virtual device cannot have.
module_excludes=(
	sound drivers/gpu drivers/media drivers/infiniband drivers/scsi drivers/ata drivers/md
	drivers/mtd drivers/staging drivers/comedi drivers/target drivers/platform drivers/video
	drivers/net/ethernet drivers/net/can drivers/net/usb drivers/isdn drivers/message
	drivers/net/wireless/{ath,atmel,broadcom,cisco,intel,intersil,marvell,mediatek,microchip}
	drivers/net/wireless/{purelifi,quantenna,ralink,realtek,rsi,silabs,st,ti,zydas}
)

applets=(sh mount mkdir insmod switch_root sync poweroff)

root_hash()
{
	cat "$bed_dir/packages" "$bed_dir/modules" "$bed_dir/initramfs-init" \
		"$source_dir/scripts/lib/root.sh" | sha256sum | cut -c1-16
}

root_dir()
{
	echo "$cache_dir/roots/$(root_hash)"
}

# root_bootstrap FOLDER PACKAGES - Debian into FOLDER, its kernel and busybox packages into PACKAGES
root_bootstrap()
{
	local root=$1 packages=$2 exclude options=()

	for exclude in "${root_excludes[@]}"; do
		options+=(--dpkgopt="path-exclude=$exclude")
	done
	export packages
	# shellcheck disable=SC2016 # the hook is expanded by mmdebstrap
	mmdebstrap --quiet --mode=root --variant=minbase "${options[@]}" \
		--include="$(entries "$bed_dir/packages" | paste -sd,)" \
		--customize-hook='cd "$packages" && export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" &&
			apt-get -qq -o APT::Sandbox::User=root download busybox-static \
				"$(apt-cache depends linux-image-amd64 |
					sed -n "s/^ *Depends: //p" | head -n 1)"' \
		"$suite" "$root"
}

# root_add_kernel ROOT KERNEL - the modules of the unpacked package into the root
root_add_kernel()
{
	local root=$1 kernel=$2 release folder

	release=$(ls "$kernel/lib/modules")
	for folder in "${module_excludes[@]}"; do
		rm -rf "${kernel:?}/lib/modules/$release/kernel/$folder"
	done
	mkdir -p "$root/usr/lib/modules"
	mv "$kernel/lib/modules/$release" "$root/usr/lib/modules/"
	chroot "$root" depmod "$release" || return 1
}

# initramfs_build ROOT BUSYBOX IMAGE
initramfs_build()
{
	local root=$1 busybox=$2 image=$3 work applet release file

	work=$(mktemp -d "$cache_dir/initramfs.XXXXXX")
	release=$(ls "$root/usr/lib/modules")
	mkdir -p "$work/bin" "$work/modules" "$work/dev"
	cp "$busybox" "$work/bin/busybox"
	for applet in "${applets[@]}"; do
		ln -s busybox "$work/bin/$applet"
	done
	# shellcheck disable=SC2046 # one word a module is meant
	chroot "$root" modprobe -S "$release" --show-depends -a $(entries "$bed_dir/modules") |
		sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' |
		while read -r file; do
			cp "$root/$file" "$work/modules/"
			basename "$file"
		done >"$work/modules.order"
	mv "$work/modules.order" "$work/modules/order"
	install -m 0755 "$bed_dir/initramfs-init" "$work/init"
	(cd "$work" && find . | "$busybox" cpio -o -H newc 2>/dev/null | gzip -1) >"$image"
	rm -rf "$work"
}

# ext4_image FOLDER IMAGE - a file system no larger than needed, for reading only
ext4_image()
{
	local folder=$1 image=$2 size_kib

	size_kib=$(du -s --apparent-size -k "$folder" | cut -f1)
	size_kib=$((size_kib + size_kib / 4 + 8192))
	rm -f "$image"
	mke2fs -q -t ext4 -O '^has_journal,^metadata_csum,^resize_inode' -m 0 -b 4096 -i 8192 \
		-d "$folder" "$image" "${size_kib}k" >/dev/null
}

# root_build - makes sure that the root is in the cache
root_build()
{
	local target work started

	target=$(root_dir)
	[ -e "$target/versions" ] && return
	need_root "making the Debian root"
	need_tools mmdebstrap:mmdebstrap mke2fs:e2fsprogs gzip:gzip dpkg:dpkg apt-get:apt
	started=$(seconds)
	say "making the Debian root (once, about a minute): $target"
	mkdir -p "$cache_dir/roots"
	work=$(mktemp -d "$cache_dir/roots/new.XXXXXX")
	chmod 755 "$work"
	# shellcheck disable=SC2064 # the folder of now is meant
	trap "rm -rf '$work'" EXIT
	mkdir "$work/packages" "$work/kernel" "$work/busybox" "$work/result"
	root_bootstrap "$work/root" "$work/packages" || die "mmdebstrap failed, see above"
	dpkg -x "$work/packages"/linux-image-*.deb "$work/kernel"
	dpkg -x "$work/packages"/busybox-static_*.deb "$work/busybox"
	cp "$work/kernel"/boot/vmlinuz-* "$work/result/vmlinuz"
	root_add_kernel "$work/root" "$work/kernel"
	initramfs_build "$work/root" "$work/busybox/bin/busybox" "$work/result/initrd.img"
	trial_image "$work/busybox/bin/busybox" "$work/result/trial.img"
	ext4_image "$work/root" "$work/result/root.ext4"
	chroot "$work/root" dpkg-query -W >"$work/result/versions"
	rm -rf "$target"
	mv "$work/result" "$target"
	rm -rf "$work"
	trap - EXIT
	say "Debian root ready after $(($(seconds) - started)) s"
}
