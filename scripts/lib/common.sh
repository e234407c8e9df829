# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What every script of the project shares: messages, the folders, a check for tools. Sourced.

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cache_dir=${LANDFALL_CACHE:-/var/cache/landfall-testbed}

say()
{
	printf '%s: %s\n' "${program:-landfall}" "$*" >&2
}

die()
{
	say "$*"
	exit 1
}

# usage_error TEXT - the command line makes no sense
usage_error()
{
	say "$*"
	say "try '${program:-landfall} --help'"
	exit 2
}

need_root()
{
	[ "$(id -u)" -eq 0 ] || die "$1 needs root: run it as root or with sudo"
}

# need_tools TOOL:PACKAGE... - all programs, or an error that names the packages to install
need_tools()
{
	local pair missing=()

	for pair in "$@"; do
		command -v "${pair%%:*}" >/dev/null 2>&1 || missing+=("${pair##*:}")
	done
	[ ${#missing[@]} -eq 0 ] && return
	die "programs are missing; as root: apt-get install ${missing[*]}"
}

# seconds - a monotonic clock
seconds()
{
	local up

	read -r up _ </proc/uptime
	echo "${up%.*}"
}

# entries FILE - its lines without comments and empty ones
entries()
{
	sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$1"
}

# tree_dir - where things made from this very source tree are kept
tree_dir()
{
	echo "$cache_dir/trees/$(printf '%s' "$source_dir" | sha256sum | cut -c1-12)"
}

# set_up_build DIR LOG OPTION... - a build folder with these options, kept while they are the same
set_up_build()
{
	local dir=$1 log=$2

	shift 2
	[ -e "$dir/build.ninja" ] && [ "$(cat "$dir/.options" 2>/dev/null)" = "${CC-} $*" ] && return
	rm -rf "$dir"
	meson setup "$dir" "$source_dir" "$@" >"$log" 2>&1 || return 1
	echo "${CC-} $*" >"$dir/.options"
}
