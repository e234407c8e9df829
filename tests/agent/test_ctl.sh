#!/bin/sh
# SPDX-License-Identifier: MIT
# landfallctl against an agent without a broker: what it exits with, and what the agent is left with.
# Usage: test_ctl.sh AGENT LANDFALLCTL PNG-PAGE
agent=$1
ctl=$2
png_page=$3
dir=$(mktemp -d)
trap 'kill "$pid"; wait "$pid"; rm -r "$dir"' EXIT
cat > "$dir/landfall.conf" <<CONF
[store]
path = $dir/store
[broker]
uri = mqtt://127.0.0.1:1
client_id = test
[agent]
spool = $dir/spool.db
ingest = $dir/agent.sock
bus =
interval = 1d
[indicator]
font = $dir/blocks.psf
CONF
# A font of 8x8: a blank, and a block for everything else.
{
	printf '\066\004\000\010'
	head -c 264 /dev/zero
	head -c 1784 /dev/zero | tr '\0' '\377'
} > "$dir/blocks.psf"

# "the next file opened" is what a closed standard error would be
"$agent" --config "$dir/landfall.conf" 2>&- &
pid=$!
until [ -S "$dir/agent.sock" ]; do
	kill -0 "$pid" || { echo "Bail out! the agent does not start"; exit 1; }
done

number=0
input=
output=
check() { # STATUS WHAT COMMAND…: $input goes in, $dir/out and $dir/err come out
	number=$((number + 1))
	wanted=$1
	what=$2
	shift 2
	printf %b "$input" | "$@" > "$dir/out" 2> "$dir/err"
	status=$?
	if [ "$status" -eq "$wanted" ] && [ "$(cat "$dir/out")" = "$(printf %b "$output")" ]; then
		echo "ok $number - $what"
	else
		echo "not ok $number - $what"
		sed 's/^/# /' "$dir/out" "$dir/err"
		echo "# status $status, wanted $wanted"
	fi
}
publish() { timeout 60 "$ctl" --config "$dir/landfall.conf" publish "$@"; }
publish_without_input() { publish "$@" <&-; }
publish_to_full_disk() { publish "$@" > /dev/full; }
publish_to_lost_spool() { # to an agent whose file was taken away
	mv "$dir/spool.db" "$dir/away"
	publish "$@"
	set -- $?
	mv "$dir/away" "$dir/spool.db"
	return "$1"
}
publish_long_line() {
	{ head -c 300000 /dev/zero | tr '\0' z; printf '\n{"a":1}\n'; } | publish "$@"
}
publish_to_stopped() { # the agent: it is not waited for for ever, and what is known is said
	kill -STOP "$pid"
	publish --timeout=1 "$@" 2> "$dir/words"
	set -- $?
	kill -CONT "$pid"
	grep -o 'no answer from the agent for 1 s; .*' "$dir/words"
	return "$1"
}
agent_descriptors() { # 2 must lead to /dev/null, not to a socket or the spool
	readlink "/proc/$pid/fd/2"
}

store() { "$ctl" --config "$dir/landfall.conf" store "$@"; }
csr_subject() { store csr --name gw-17 | openssl req -noout -verify -subject -nameopt RFC2253 2>&-; }
install_signed() { # what a CA does with a request
	store csr --name gw-17 > "$dir/csr"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca \
		-keyout "$dir/ca.key" -out "$dir/ca.crt" 2>&-
	openssl x509 -req -in "$dir/csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -set_serial 1 \
		-days 90 -out "$dir/crt" 2>&-
	store install "$dir/crt" | sed 's/ valid until .*//'
}

store_show() { store show | sed 's/ \+/ /g; s/until [0-9-]\+/until DATE/'; }
store_show_json() {
	"$ctl" --config "$dir/landfall.conf" --json store show |
		jq -c '.[] | [.generation, .current, .common_name, .good, .failed]'
}

display() { "$ctl" --config "$dir/landfall.conf" display "$@"; }
display_both() { # the page as text and as a picture
	display > "$dir/page" && display --png="$dir/page.png" && display --png=- > "$dir/piped.png" &&
		"$png_page" "$dir/page.png" 4 > "$dir/picture" &&
		cmp "$dir/page" "$dir/picture" && cmp "$dir/page.png" "$dir/piped.png"
}
display_twice() { # in one of many moments nothing changes meanwhile
	for _ in $(seq 50); do
		display_both > "$dir/differs" 2>&1 && wc -l < "$dir/page" && return
	done
	cat "$dir/differs"
	return 1
}
display_to_full_disk() { # which is there afterwards: by a link, as root could lose the device itself
	ln -s /dev/full "$dir/full"
	display --png="$dir/full"
	set -- $?
	readlink "$dir/full"
	return "$1"
}
display_json() { "$ctl" --config "$dir/landfall.conf" --json display; }
display_top() { # the first line of the page says something; of a block each row is lit
	display | head -n 1 | grep -q '^████' && echo lit
}

sensors_now() { # the sensors the agent reads
	"$ctl" --config "$dir/first.conf" --json status | jq -r '.agent.sensors[].name' | sort | tr '\n' ' '
}
reloaded() { # the agent's sensors, once they are the ones wanted; whatever they are after a minute
	kill -HUP "$pid"
	for _ in $(seq 600); do
		[ "$(sensors_now)" = "$1" ] && break
		sleep 0.1
	done
	sensors_now
}
metrics_up() { "$ctl" --config "$dir/landfall.conf" metrics | grep "^landfall_agent_up"; }
install_nothing() { # a folder, but none of ours
	mkdir "$dir/others"
	cp "$dir/crt" "$dir/others/gw-17.crt"
	store install "$dir/others"
}
spool_without_socket() { # one line on standard error, and none of GLib's
	"$ctl" --config "$dir/landfall.conf" --set agent.ingest= spool 2> "$dir/words"
	set -- $?
	wc -l < "$dir/words"
	return "$1"
}
metrics_of_nobody() {
	"$ctl" --config "$dir/landfall.conf" --set agent.ingest="$dir/none" metrics | grep -v "^#"
}

echo 1..29
input='{"a":1}\n{"a":2}\r\n{"a":3}' output='1\n2\n3' check 0 "each line is named once" publish -l --ack
input='{"a":1}\n\n{"a":\n{"b":1}\n' output='1\n2\n4' check 23 "a bad line is named, the others kept" publish -l --ack
input='' output='' check 0 "no line, no sample" publish -l --ack
input='' output='1' check 0 "a sample as argument" publish --ack '{"a":1}'
input='' output='' check 2 "neither arguments nor lines" publish
input='' output='2' check 23 "a line longer than the agent's buffers" publish_long_line -l --ack
input='' output='' check 1 "closed standard input" publish_without_input -l --ack
input='{"a":1}\n' output='' check 1 "numbers that cannot be written" publish_to_full_disk -l --ack
input='{"a":1}\n{"a":\n' output='' check 18 "a spool that was taken away" publish_to_lost_spool -l --ack
input='' output='no answer from the agent for 1 s; of 2 lines sent, none is on disk and what became of 2 is not known' \
	check 22 "an agent that stands still" publish_to_stopped '{"a":1}' '{"a":2}'
input='' output='' check 2 "no time at all" publish --timeout=-1 '{"a":1}'
input='' output='/dev/null' check 0 "closed standard error" agent_descriptors
input='' output='subject=CN=gw-17' check 0 "a request for a certificate" csr_subject
input='' output='installed as generation 1: gw-17, EC P-256 key,' check 0 "the certificate for it" install_signed
input='' output='* 1 gw-17 until DATE not proved yet' check 0 "what the store holds" store_show
input='' output='[1,true,"gw-17",false,false]' check 0 "and for programs" store_show_json
input='' output='' check 12 "a folder with nothing to install" install_nothing
input='' output='1' check 10 "an agent without a socket" spool_without_socket
input='' output='' check 2 "a kind of key that is none" store csr --key-type dsa
input='' output='' check 2 "options of another command" store show --name gw-17
input='' output='' check 2 "to ask now where nobody is asked" store csr --now
input='' output='landfall_agent_up 1' check 0 "the agent for Prometheus" metrics_up
input='' output='landfall_agent_up 0' check 0 "no agent for Prometheus" metrics_of_nobody

input='' output='lit' check 0 "the page of the display" display_top
input='' output=32 check 0 "as a picture, the same" display_twice
input='' output='/dev/full' check 1 "a picture that cannot be written" display_to_full_disk
input='' output='' check 2 "a page has no words for programs" display_json

cp "$dir/landfall.conf" "$dir/first.conf"
printf '[sensor a]\ndriver = simulated\n[sensor b]\ndriver = simulated\n' >> "$dir/landfall.conf"
input='' output='a b ' check 0 "sensors as configured, after SIGHUP" reloaded 'a b '
printf '[sensor c]\ndriver = none\n' >> "$dir/landfall.conf"
input='' output='a b ' check 0 "a wrong configuration changes nothing" reloaded 'a b '
