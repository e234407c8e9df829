#!/bin/sh
# SPDX-License-Identifier: MIT
# landfallctl store renew against an EST server that works, and that fails at each step; then the
# agent, which renews by itself once two thirds of its certificate's life are over, and asks no more
# often for being started again and again.
# Usage: test_renew.sh AGENT LANDFALLCTL EST-SERVER
agent=$(realpath "$1")
ctl=$(realpath "$2")
server=$(realpath "$3")
dir=$(mktemp -d)
trap 'kill $pids 2>&-; wait $pids; rm -r "$dir"' EXIT
pids=

issue() { # NAME EXTENSION ISSUER [DAYS-AGO [CURVE]]: a key and a certificate for 100 days
	openssl req -new -newkey ec -pkeyopt "ec_paramgen_curve:${5:-P-256}" -nodes -subj "/CN=$1" \
		-addext "$2" -keyout "$dir/$1.key" -out "$dir/$1.csr" 2>&-
	faketime -f "-${4:-0}d" openssl x509 -req -in "$dir/$1.csr" -CA "$dir/$3.crt" \
		-CAkey "$dir/$3.key" -days 100 -copy_extensions copyall -out "$dir/$1.crt" 2>&-
}
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
		-days 3650 -keyout "$dir/$1.key" -out "$dir/$1.crt" 2>&-
}
import() { # NAME: make it current
	mkdir -p "$dir/in"
	cp "$dir/$1.crt" "$dir/in/device.crt"
	cp "$dir/$1.key" "$dir/in/device.key"
	store import "$dir/in" >/dev/null
}

number=0
report() { # STATUS WHAT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then echo "ok $number - $2"; else
		echo "not ok $number - $2"
		sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}
store() { "$ctl" --config "$dir/landfall.conf" store "$@"; }
generation() { basename "$(readlink "$dir/store/current")"; }
key_of() { openssl pkey -in "$dir/store/current/device.key" -pubout; }
names_of() { openssl x509 -in "$dir/store/current/device.crt" -noout -subject -ext subjectAltName; }
renew() { store renew --now >"$dir/out" 2>"$dir/err"; }
asked() { wc -l <"$dir/asked"; }
fails() { # MODE STATUS WORDS: refused in these words, nothing changed
	echo "$1" >"$dir/mode"
	before=$(generation)
	renew
	[ $? -eq "$2" ] && grep -qF "$3" "$dir/err" && [ "$(generation)" = "$before" ]
	report $? "server: $1"
}

command -v faketime >/dev/null || { echo "1..0 # SKIP faketime is not installed"; exit; }
authority ca
authority stranger
issue server subjectAltName=IP:127.0.0.1 ca
issue gw-1 subjectAltName=DNS:gw-1.example ca
issue gw-old subjectAltName=DNS:gw-old.example ca 80
issue gw-later subjectAltName=DNS:gw-later.example ca 81
issue gw-refused subjectAltName=DNS:gw-refused.example ca 82
issue gw-521 subjectAltName=DNS:gw-521.example ca 0 P-521
issue other subjectAltName=DNS:other ca
openssl req -in "$dir/other.csr" -outform DER -out "$dir/other.der"
echo sign >"$dir/mode"
"$server" "$dir" &
pids=$!
until [ -e "$dir/port" ]; do kill -0 $pids || { echo "Bail out! no server"; exit 1; }; done
cat >"$dir/landfall.conf" <<CONF
[store]
path = $dir/store
[broker]
uri = mqtts://127.0.0.1:1
[agent]
spool = $dir/spool.db
ingest = $dir/agent.sock
interval = 1d
[renewal]
est = https://127.0.0.1:$(cat "$dir/port")/.well-known/est
ca = $dir/ca.crt
program = $ctl --config $dir/landfall.conf store renew
CONF

echo 1..18
import gw-1
key=$(key_of)
names=$(names_of)
renew && [ "$(generation)" = 2 ] && [ "$(key_of)" != "$key" ] && [ "$(names_of)" = "$names" ]
report $? "renewed, with another key and the same names"

echo 'same_key = true' >>"$dir/landfall.conf"
key=$(key_of)
renew && [ "$(generation)" = 3 ] && [ "$(key_of)" = "$key" ]
report $? "renewed with the same key"

fails later 20 "waits for somebody to approve"
fails refuse 21 "HTTP status 403: not you [31m"
fails break 20 "HTTP status 500: out of order"
fails garbage 23 "holds no certificate for the key"
fails other 23 "holds no certificate for the key"
fails long 23 "is longer than"
fails hang-up 20 "simplereenroll"

sed -i "s|^ca = .*|ca = $dir/stranger.crt|" "$dir/landfall.conf"
fails sign 20 "certificate"

# The system trusts whom [renewal] ca does not: a namespace has the system's folder replaced.
mkdir "$dir/trusted"
cp "$dir/ca.crt" "$dir/trusted/$(openssl x509 -in "$dir/ca.crt" -noout -hash).0"
if unshare -rm mount --bind "$dir/trusted" /etc/ssl/certs 2>&-; then
	renew() {
		# shellcheck disable=SC2016 # the inner shell expands them
		unshare -rm sh -c 'mount --bind "$1" /etc/ssl/certs && exec "$2" --config "$3" store renew --now' \
			sh "$dir/trusted" "$ctl" "$dir/landfall.conf" >"$dir/out" 2>"$dir/err"
	}
	fails sign 20 "certificate"
	renew() { store renew --now >"$dir/out" 2>"$dir/err"; }
else
	number=$((number + 1))
	echo "ok $number # SKIP no namespace to replace a folder in"
fi
sed -i "s|^ca = .*|ca = $dir/ca.crt|" "$dir/landfall.conf"

sed -i '/^same_key/d' "$dir/landfall.conf"
import gw-521
before=$(generation)
key=$(key_of)
renew && [ "$(generation)" != "$before" ] && [ "$(key_of)" = "$key" ]
report $? "renewed with the same key where none of its kind is made"

echo sign >"$dir/mode"
import gw-old
before=$(generation)
start_agent() {
	"$agent" --config "$dir/landfall.conf" 2>>"$dir/err" &
	agent_pid=$!
	pids="$pids $agent_pid"
}
stop_agent() {
	kill "$agent_pid"
	wait "$agent_pid"
}
until_true() { # COMMAND...: as long as the agent lives
	until "$@"; do
		kill -0 "$agent_pid" || return 1
		sleep 0.1
	done
}
certificate() { "$ctl" --config "$dir/landfall.conf" status --json | grep -o '"certificate":{[^}]*}'; }
is_renewed() { [ "$(generation)" != "$before" ]; }
is_waiting() { [ -e "$dir/store/renewal.next" ] && certificate | grep -q '"renewal":"waiting"'; }
start_agent
until_true is_renewed
grep -q "CN = gw-old" <<NAMES
$(names_of)
NAMES
report $? "the agent renews what is two thirds through"
stop_agent

# A server that wants to be left alone is, by an agent that is started three times.
echo later >"$dir/mode"
import gw-later
before=$(asked)
for _ in 1 2 3; do
	start_agent
	until_true is_waiting
	certificate >"$dir/out"
	stop_agent
done
[ "$(asked)" = $((before + 1)) ] && grep -q '"renewal_wait":[1-9]' "$dir/out" &&
	grep -q '"renewal_error":"[^"]*the server asked to wait until 20' "$dir/out"
report $? "who asked to be left alone is asked once, whoever starts again"

store renew >"$dir/out" 2>"$dir/err"
[ $? -eq 20 ] && grep -q "the server asked to wait until 20.*--now" "$dir/err" && [ "$(asked)" = $((before + 1)) ]
report $? "nor is it asked by hand"

store show >"$dir/out" && grep -q "^renewal: the server asked to wait until 20.* UTC$" "$dir/out" &&
	store show --json | grep -q '"renewal_wait":[1-9]' &&
	"$ctl" --config "$dir/landfall.conf" status | grep -q "not renewed: the server asked to wait until 20"
report $? "store show and status say so"

renew
[ $? -eq 20 ] && grep -q "approve it; the server asked to wait until 20" "$dir/err" &&
	[ "$(asked)" = $((before + 2)) ]
report $? "but for --now"

echo refuse >"$dir/mode"
import gw-refused
before=$(asked)
for _ in 1 2 3; do
	start_agent
	until_true is_waiting
	stop_agent
done
[ "$(asked)" = $((before + 1)) ]
report $? "who refuses is asked once, whoever starts again"
