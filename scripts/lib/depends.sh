# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What has to be installed on Debian 12, and installing it. Sourced, after common.sh.
# shellcheck disable=SC2034 # the lists are for those who source it

# to build
build_packages=(
	gcc libc6-dev meson ninja-build pkg-config python3 protobuf-c-compiler
	libglib2.0-dev libdbus-1-dev libbluetooth-dev libmosquitto-dev libssl-dev libcjson-dev
	libprotobuf-c-dev libsqlite3-dev zlib1g-dev libqrencode-dev libpng-dev libsystemd-dev
	libcurl4-openssl-dev libp11-kit-dev libtss2-dev
)

# to run the tests on this machine
test_packages=(
	clang libclang-rt-14-dev llvm valgrind libc6-dbg binutils shellcheck clang-format
	dbus dbus-daemon systemd libglib2.0-bin python3-dbus python3-gi python3-dbusmock
	faketime softhsm2 libengine-pkcs11-openssl swtpm tpm2-tools tpm2-openssl
	console-setup-linux mosquitto mosquitto-clients rabbitmq-server openssl zbar-tools librsvg2-bin iproute2 jq
)

# to boot the virtual device
testbed_packages=(qemu-system-x86 mmdebstrap e2fsprogs socat gzip kmod ca-certificates)

# to install the client of tests/testbed/interop that comes from npm
interop_packages=(npm)

# depends_missing PACKAGE... - those that are not installed, one a line
depends_missing()
{
	local package

	for package in "$@"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' ||
			echo "$package"
	done
}

# depends_install PACKAGE... - what is missing of it
depends_install()
{
	local missing

	mapfile -t missing < <(depends_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	need_root "installing packages"
	say "installing: ${missing[*]}"
	apt-get update -qq || die "apt-get update failed"
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		"${missing[@]}" >/dev/null || die "apt-get could not install: ${missing[*]}"
	depends_quiet_broker "${missing[@]}"
}

# depends_localhost - a root made by hand may have no /etc/hosts; tests connect to "localhost"
depends_localhost()
{
	getent hosts localhost >/dev/null && return
	need_root "naming localhost"
	say "adding localhost to /etc/hosts"
	printf '127.0.0.1\tlocalhost\n' >>/etc/hosts
}

# depends_quiet_broker PACKAGE... - a broker that came only for the tests need not run
depends_quiet_broker()
{
	case " $* " in
	*' mosquitto '*)
		[ ! -d /run/systemd/system ] || systemctl disable -q --now mosquitto || return 0
		;;
	esac
}
