#!/bin/sh
# SPDX-License-Identifier: MIT
# landfallctl sensors on the trees of boards: the page, the list for programs, and sections that the
# agent takes as they are.
# Usage: test_sensors.sh LANDFALLCTL AGENT BOARDS
ctl=$1
agent=$2
boards=$3
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
: > "$dir/empty.conf"
all=$(cd "$boards" && echo *.tree | sed 's/\.tree//g')
for board in $all; do
	mkdir "$dir/$board" && "$boards/unpack" "$boards/$board.tree" "$dir/$board"
done
mkdir "$dir/nothing"

number=0
result() { # STATUS WHAT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}
sensors() { # BOARD OPTION…
	root=$dir/$1
	shift
	timeout 60 "$ctl" --config "$dir/empty.conf" sensors --root="$root" "$@" \
		> "$dir/out" 2> "$dir/err"
}
shows() { grep -qxE "$1" "$dir/out"; }

echo "1..$(($(echo "$all" | wc -w) + 16))"
sensors raspberry-pi-4 && shows 'humidity_sensor_temp +iio +21\.7 °C' &&
	shows 'w1_28_000000000001 +w1 +15\.25 °C' && shows 'system +system +temperature +53\.069 °C' &&
	shows ' +received +123456790012 B' && [ "$(grep -c cpu_thermal "$dir/out")" -eq 1 ]
result $? "the page has each sensor once, with reading and unit"

sensors raspberry-pi-5 --json && jq -e '
	(.[] | select(.name == "bme280_pressure")) ==
	{name: "bme280_pressure", driver: "iio", unit: "hPa", readings: {bme280_pressure: 1021.29},
	 section: "[sensor bme280_pressure]\ndriver = iio\nroot = '"$dir"'/raspberry-pi-5/sys/bus/iio/devices\ndevice = bme280\nchannel = in_pressure\n"}' \
	"$dir/out" > "$dir/err"
result $? "the list for programs says the same"

sensors chips-linux-6.1 && shows 'bmp280_temp +iio +25\.08 °C' &&
	shows 'bmp280_pressure +iio +1006\.533 hPa' && shows 'hts221_temp +iio +15 °C' &&
	shows 'hts221_humidityrelative +iio +44\.971 %' && shows 'lm75_temp1 +hwmon +-25 °C' &&
	shows 'tmp421_temp1 +hwmon +25 °C' && shows 'tmp421_temp2 +hwmon .*temp2_fault: says .*' &&
	shows 'max1363_voltage0_voltage1 +iio +0\.5 V'
result $? "the kernel's drivers show what the data sheets say"

sensors ds18b20-linux-6.1 && shows 'w1_28_000000000001 +w1 +25\.062 °C' &&
	shows 'w1_28_000000000002 +w1 +-10\.125 °C' &&
	shows 'w1_28_000000000003 +w1 +no conversion since .*' && ! grep -q '^system.*temperature' "$dir/out"
result $? "the DS18B20 of the kernel's driver, one of them without supply"

sensors chips-silent-linux-6.1 && [ "$(grep -c 'Is a directory$' "$dir/out")" -ge 20 ] &&
	! grep -qE '(iio|hwmon) +-?[0-9.]+ ' "$dir/out"
result $? "chips that do not answer are listed, with no reading of any"

sensors raspberry-pi-3-enviro && shows 'ads1015_in4 +hwmon +0\.274 V' &&
	shows 'bmp280_pressure +iio +1001\.202 hPa' && sensors artila-pac-6070 &&
	shows 'ad4111_voltage0_voltage1 +iio +4\.998294 V' && sensors armada-dps920ab &&
	shows 'dps920ab_vout1 +hwmon +54\.511 V' && shows 'dps920ab_fan2 +hwmon .*fan2_fault: says .*'
result $? "boards of others show what their owners read"

for board in $all; do
	sensors "$board" --sections && cp "$dir/out" "$dir/$board.conf" &&
		"$agent" --config "$dir/$board.conf" --check-config > "$dir/out" 2> "$dir/err"
	result $? "the sections of $board are a configuration"
done

rm "$dir/raspberry-pi-4/sys/bus/w1/devices/28-000000000001/w1_slave"
mkfifo "$dir/raspberry-pi-4/sys/bus/w1/devices/28-000000000001/w1_slave"
sensors raspberry-pi-4 --timeout=1 && shows 'w1_28_000000000001 +w1 +no answer within 1000 ms' &&
	shows 'humidity_sensor_temp +iio +21\.7 °C'
result $? "one that hangs is said to, the others are read"

printf '\033[31m\n' > "$dir/raspberry-pi-4/sys/bus/iio/devices/iio:device0/in_temp_input"
rm "$dir/raspberry-pi-4/sys/bus/w1/devices/28-000000000001/w1_slave"
sensors raspberry-pi-4 --sections && grep -q '^# .*in_temp_input: is no number' "$dir/out"
result $? "what cannot be read stands as a comment"

mkdir -p "$dir/twins/sys/class/hwmon/hwmon0"
( cd "$dir/twins/sys/class/hwmon/hwmon0" && echo fan > name && echo 1 > fan1_input &&
	echo 'a b' > fan1_label && echo 2 > fan2_input && echo 'a-b' > fan2_label )
sensors twins && shows 'fan_a_b +hwmon +1 rpm' && shows 'fan_a_b_2 +hwmon +2 rpm'
result $? "two labels that become one name are told apart"

mkdir -p "$dir/long/sys/class/hwmon/hwmon0"
( cd "$dir/long/sys/class/hwmon/hwmon0" && echo fan > name && echo 1 > fan1_input &&
	echo a fan at the very back of the cabinet > fan1_label )
sensors long && [ "$(sed 's/ \(DRIVER\|system\|hwmon\) .*//' "$dir/out" | awk '{print length}' |
	sort -u | wc -l)" -eq 1 ]
result $? "a long name does not push its column out of line"

mkdir -p "$dir/mute/sys/class/hwmon/hwmon0"
mkfifo "$dir/mute/sys/class/hwmon/hwmon0/temp1_input"
sensors mute --timeout=1
[ $? -eq 1 ] && grep -q 'within 1 s: one of them does not answer' "$dir/err"
result $? "one that hangs the search is said to"

for i in $(seq 70); do
	mkdir -p "$dir/many/sys/class/thermal/thermal_zone$i"
	echo 1000 > "$dir/many/sys/class/thermal/thermal_zone$i/temp"
done
sensors many && [ "$(wc -l < "$dir/out")" -eq 66 ] && grep -q '7 more are not shown' "$dir/err"
result $? "more than a configuration can have are counted"

sensors nothing && [ "$(wc -l < "$dir/out")" -eq 2 ] && shows 'system +system +disk +.*'
result $? "a machine without sensors has its disk"

sensors absent
[ $? -eq 2 ] && grep -q -- '--root is' "$dir/err"
result $? "a root that is no folder is refused"

sensors nothing --timeout=0
[ $? -eq 2 ] && grep -q -- '--timeout is' "$dir/err"
result $? "a timeout out of bounds is refused"

sensors nothing more
[ $? -eq 2 ]
result $? "an argument is refused"
