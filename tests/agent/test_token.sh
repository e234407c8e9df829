#!/bin/sh
# SPDX-License-Identifier: MIT
# A key that is made inside a token and never seen: from landfallctl store csr to a certificate that
# an EST server renews, also by itself. Usage: test_token.sh AGENT LANDFALLCTL EST-SERVER
agent=$(realpath "$1")
ctl=$(realpath "$2")
server=$(realpath "$3")
dir=$(mktemp -d)
trap 'kill $pids 2>&-; wait $pids; rm -r "$dir"' EXIT
pids=
module=/usr/lib/softhsm/libsofthsm2.so
export ASAN_OPTIONS=detect_leaks=0 # the engine forgets what it has loaded when it fails

number=0
report() { # STATUS WHAT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then echo "ok $number - $2"; else
		echo "not ok $number - $2"
		sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}
store() { "$ctl" --config "$dir/landfall.conf" store "$@" >"$dir/out" 2>"$dir/err"; }
generation() { basename "$(readlink "$dir/store/current")"; }
certified_key() { openssl x509 -in "$dir/store/current/device.crt" -noout -pubkey; }
pin() { printf '%s\n' "$1" >"$dir/pin"; }
key_is_named() { [ "$(cat "$dir/store/current/device.key")" = "$uri" ]; }

for program in softhsm2-util openssl faketime; do
	command -v $program >/dev/null || { echo "1..0 # SKIP $program is not installed"; exit; }
done
[ -e "$(openssl version -e | cut -d'"' -f2)/pkcs11.so" ] ||
	{ echo "1..0 # SKIP libengine-pkcs11-openssl is not installed"; exit; }

printf 'directories.tokendir = %s\nobjectstore.backend = file\n' "$dir" >"$dir/softhsm2.conf"
export SOFTHSM2_CONF="$dir/softhsm2.conf"
softhsm2-util --init-token --free --label landfall --so-pin 1234 --pin 5678 >/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -days 9 \
	-keyout "$dir/ca.key" -out "$dir/ca.crt" 2>&-
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -days 9 \
	-addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
	-CA "$dir/ca.crt" -CAkey "$dir/ca.key" -keyout "$dir/server.key" -out "$dir/server.crt" 2>&-
echo sign >"$dir/mode"
"$server" "$dir" &
pids=$!
until [ -e "$dir/port" ]; do kill -0 $pids || { echo "Bail out! no server"; exit 1; }; done
uri="pkcs11:token=landfall;object=device;type=private?module-path=$module&pin-source=file:$dir/pin"
cat >"$dir/landfall.conf" <<CONF
[store]
path = $dir/store
token_key = $uri
[broker]
uri = mqtts://127.0.0.1:1
[agent]
spool = $dir/spool.db
ingest = $dir/agent.sock
interval = 1d
bus =
[renewal]
est = https://127.0.0.1:$(cat "$dir/port")/.well-known/est
ca = $dir/ca.crt
program = $ctl --config $dir/landfall.conf store renew
CONF

pin 0000
store csr
[ $? -eq 13 ] && grep -q "token_key names a PKCS#11 token that does not let us in: the PIN is wrong" "$dir/err"
report $? "a wrong PIN makes no key"

pin 5678
store csr --name gw-1 --key-type ec-p384 && cp "$dir/out" "$dir/gw-1.csr" &&
	openssl req -in "$dir/gw-1.csr" -verify -noout -text 2>&1 | grep -q "NIST CURVE: P-384"
report $? "a request, signed by a key that was made in the token"

store csr --name gw-1 --new-key
[ $? -eq 23 ] && grep -q "a key that no new one takes the place of" "$dir/err"
report $? "a key that is there is not replaced"

openssl x509 -req -in "$dir/gw-1.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -days 5 \
	-out "$dir/gw-1.crt" 2>&- && store install "$dir/gw-1.crt" && key_is_named &&
	[ ! -e "$dir/store/pending.key" ]
report $? "the certificate makes a generation whose key is named, not held"

key=$(certified_key)
before=$(generation)
store renew && key_is_named && [ "$(generation)" != "$before" ] && [ "$(certified_key)" = "$key" ] &&
	openssl req -in "$dir/request.pem" -verify -noout 2>"$dir/err"
report $? "an EST server renews it: the token signs the handshake and the request"

echo refuse >"$dir/mode"
before=$(generation)
store renew
[ $? -eq 21 ] && [ "$(generation)" = "$before" ]
report $? "a refusal changes nothing"

echo sign >"$dir/mode"
pin 0000
store renew
[ $? -eq 13 ] && [ "$(generation)" = "$before" ]
report $? "a wrong PIN renews nothing"
pin 5678

mv "$dir/softhsm2.conf" "$dir/gone"
store renew
[ $? -eq 13 ] && [ "$(generation)" = "$before" ]
report $? "a token that is not there renews nothing"
mv "$dir/gone" "$dir/softhsm2.conf"
store renew && key_is_named && [ "$(generation)" != "$before" ]
report $? "and all is as before when it is back"
faketime -f -80d openssl x509 -req -in "$dir/gw-1.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -days 100 \
	-out "$dir/gw-1.crt" 2>&-
store csr --name gw-1 && store install "$dir/gw-1.crt"
before=$(generation)
"$agent" --config "$dir/landfall.conf" >"$dir/out" 2>"$dir/err" &
pids="$pids $!"
until [ "$(generation)" != "$before" ] || grep -q "not renewed: " "$dir/err"; do
	kill -0 $! || break
	sleep 0.1
done
key_is_named && [ "$(generation)" != "$before" ] && [ "$(certified_key)" = "$key" ]
report $? "the agent renews it by itself, and finds the token as it did"
echo "1..$number"
