#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The same with Eclipse Paho's Python client: peer_paho.py PORT CA CERTIFICATE KEY <LINES"""
import sys

import paho.mqtt.client as mqtt

PORT, CA, CERTIFICATE, KEY = sys.argv[1:]
client = mqtt.Client("peer-paho-python")
client.tls_set(CA, CERTIFICATE, KEY)
client.max_inflight_messages_set(100)
client.max_queued_messages_set(0)
client.connect("localhost", int(PORT))
client.loop_start()
sent = [client.publish("v1/devices/me/telemetry", line.rstrip("\n"), qos=1) for line in sys.stdin]
for message in sent:
    message.wait_for_publish()
client.disconnect()
client.loop_stop()
