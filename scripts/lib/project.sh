# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Makes the part of the virtual device that is ours: the project as `meson install` leaves it, and
# the testbed's own units and tools. Sourced.

project_image()
{
	echo "$(tree_dir)/project.ext4"
}

project_build_dir()
{
	echo "$(tree_dir)/build"
}

# project_compile - a release build, apart from any build folder of the developer
project_compile()
{
	local build log

	need_tools meson:meson ninja:ninja-build cc:gcc pkg-config:pkg-config python3:python3
	build=$(project_build_dir)
	log=$(tree_dir)/build.log
	set_up_build "$build" "$log" --prefix=/usr --sysconfdir=/etc --localstatedir=/var \
		--libdir=lib --buildtype=debugoptimized -Dtests=enabled -Dsecurity0=enabled ||
		project_failed "$log"
	ninja -C "$build" build.ninja >"$log" 2>&1 || project_failed "$log"
	# shellcheck disable=SC2046 # one word a target is meant
	ninja -C "$build" $(project_targets "$build") >"$log" 2>&1 || project_failed "$log"
}

# project_targets BUILD - what is installed, and the test phone; tests are built elsewhere
project_targets()
{
	meson introspect --targets "$1" | python3 -c '
import json, os, sys
for target in json.load(sys.stdin):
    if target["installed"] or target["name"] == "landfall-test-phone":
        for name in target["filename"]:
            print(os.path.relpath(name, sys.argv[1]))
' "$1"
}

project_failed()
{
	tail -n 40 "$1" >&2
	die "the project does not build; whole log: $1"
}

# layer_enable LAYER UNIT - what `systemctl enable` would link
layer_enable()
{
	local layer=$1 path=$2 unit target

	unit=$(basename "$path")
	sed -n 's/^WantedBy=//p' "$layer/$path" | tr ' ' '\n' | sed '/^$/d' |
		while read -r target; do
			mkdir -p "$layer/etc/systemd/system/$target.wants"
			ln -sf "/$path" "$layer/etc/systemd/system/$target.wants/$unit"
		done
}

# layer_units LAYER - enables ours and the testbed's, masks what the device does without
layer_units()
{
	local layer=$1 path unit

	(cd "$layer" && find usr/lib/systemd/system etc/systemd/system \
		-maxdepth 1 -type f -name '*.*' 2>/dev/null) |
		while read -r path; do
			layer_enable "$layer" "$path"
		done
	entries "$bed_dir/masked-units" |
		while read -r unit; do
			ln -sf /dev/null "$layer/etc/systemd/system/$unit"
		done
}

# layer_merge_usr LAYER - a folder /lib in the layer would hide Debian's link of that name
layer_merge_usr()
{
	local layer=$1 name

	for name in bin sbin lib; do
		if [ -d "$layer/$name" ]; then
			mkdir -p "$layer/usr/$name"
			cp -R "$layer/$name/." "$layer/usr/$name/"
			rm -rf "${layer:?}/$name"
		fi
	done
}

# layer_project LAYER - compiles and installs the project into it
layer_project()
{
	local layer=$1 build log

	build=$(project_build_dir)
	log=$(tree_dir)/install.log
	say "building the project: $build"
	project_compile
	meson install -C "$build" --no-rebuild --destdir "$layer" >"$log" 2>&1 ||
		project_failed "$log"
	install -D -m 0755 -t "$layer/usr/local/bin" "$build/tests/phone/landfall-test-phone"
	layer_merge_usr "$layer"
}

# project_build BARE - makes the image the device boots with; BARE is yes for one without the project
project_build()
{
	local layer

	mkdir -p "$(tree_dir)"
	layer=$(mktemp -d "$(tree_dir)/layer.XXXXXX")
	# shellcheck disable=SC2064 # the folder of now is meant
	trap "rm -rf '$layer'" EXIT
	chmod 755 "$layer"
	[ "$1" = yes ] || layer_project "$layer"
	cp -R --no-preserve=ownership "$bed_dir/guest/." "$layer/"
	layer_units "$layer"
	ext4_image "$layer" "$(project_image).new"
	mv "$(project_image).new" "$(project_image)"
	rm -rf "$layer"
	trap - EXIT
	say "project image ready: $(project_image)"
}
