/* SPDX-License-Identifier: MIT */
#include "provisioner/core/prov-scan.h"

#include "provisioner/core/proto/wifi-scan.pb-c.h"
#include "provisioner/core/wire.h"

#include <string.h>

typedef enum ScanPhase {
	SCAN_IDLE,
	SCAN_RUNNING, /* the back end is at work and somebody may wait for it */
	SCAN_PAUSE,   /* it found nothing; it will be asked once more */
	SCAN_LATE,    /* out of time, but it could not be cancelled */
} ScanPhase;

/* What the deferred reply answers. */
typedef enum ScanWaiting {
	WAITING_NONE,
	WAITING_START,
	WAITING_STATUS,
	WAITING_RESULT,
} ScanWaiting;

struct ProvScan {
	const WifiPort *wifi;
	void *wifi_data;
	ScanPhase phase;
	bool repeated;
	bool failed; /* the last scan gave no list */
	int64_t bound_us;
	int64_t repeat_us;
	ScanWaiting waiting;
	uint32_t page_start; /* of WAITING_RESULT */
	uint32_t page_count;
	WifiNetwork list[PROV_SCAN_ENTRIES]; /* strongest first */
	size_t n_list;
};

ProvScan *prov_scan_new(const WifiPort *wifi, void *wifi_data)
{
	ProvScan *scan = g_new0(ProvScan, 1);

	scan->wifi = wifi;
	scan->wifi_data = wifi_data;
	return scan;
}

void prov_scan_free(ProvScan *scan)
{
	g_free(scan);
}

static bool network_is_visible(const WifiNetwork *network)
{
	if (network->ssid_len > WIFI_SSID_MAX)
		return false;
	for (size_t i = 0; i < network->ssid_len; i++)
		if (network->ssid[i] != 0)
			return true;
	return false; /* hidden: no name, or one of zeros */
}

static bool same_ssid(const WifiNetwork *a, const WifiNetwork *b)
{
	return a->ssid_len == b->ssid_len && memcmp(a->ssid, b->ssid, a->ssid_len) == 0;
}

static void list_remove(ProvScan *scan, size_t index)
{
	scan->n_list--;
	memmove(&scan->list[index], &scan->list[index + 1],
		(scan->n_list - index) * sizeof(scan->list[0]));
}

/* Put a network in its place, unless its SSID is there with a stronger signal or all are. */
static void list_insert(ProvScan *scan, const WifiNetwork *network)
{
	size_t place = 0;

	for (size_t i = 0; i < scan->n_list; i++) {
		if (!same_ssid(&scan->list[i], network))
			continue;
		if (scan->list[i].rssi_dbm >= network->rssi_dbm)
			return;
		list_remove(scan, i);
	}
	while (place < scan->n_list && scan->list[place].rssi_dbm >= network->rssi_dbm)
		place++;
	if (place == PROV_SCAN_ENTRIES)
		return;
	if (scan->n_list == PROV_SCAN_ENTRIES)
		scan->n_list--;
	memmove(&scan->list[place + 1], &scan->list[place],
		(scan->n_list - place) * sizeof(scan->list[0]));
	scan->list[place] = *network;
	scan->n_list++;
}

static size_t count_visible(const WifiNetwork *networks, size_t n_networks)
{
	size_t n = 0;

	for (size_t i = 0; i < n_networks; i++)
		n += network_is_visible(&networks[i]);
	return n;
}

/* Ask again after a pause when there is time for it. */
static bool scan_repeat(ProvScan *scan, int64_t now_us)
{
	if (scan->repeated || now_us + PROV_SCAN_PAUSE_US + PROV_SCAN_LEAST_US > scan->bound_us)
		return false;
	scan->repeated = true;
	scan->repeat_us = now_us + PROV_SCAN_PAUSE_US;
	scan->phase = SCAN_PAUSE;
	return true;
}

static void scan_end(ProvScan *scan, bool failed)
{
	scan->failed = failed;
	scan->phase = SCAN_IDLE;
}

static void scan_ask(ProvScan *scan, int64_t now_us)
{
	g_autoptr(GError) error = NULL;

	scan->phase = SCAN_RUNNING;
	if (scan->wifi->scan(scan->wifi_data, &error))
		return;
	g_debug("scan: refused: %s", error ? error->message : "no reason given");
	if (!scan_repeat(scan, now_us))
		scan_end(scan, true);
}

static void scan_begin(ProvScan *scan, int64_t now_us)
{
	scan->repeated = false;
	scan->bound_us = now_us + PROV_SCAN_BOUND_US;
	if (scan->phase == SCAN_LATE)
		scan->phase = SCAN_RUNNING; /* the one at work will do */
	else
		scan_ask(scan, now_us);
}

void prov_scan_on_result(ProvScan *scan, const WifiNetwork *networks, size_t n_networks,
			 const GError *error, int64_t now_us)
{
	if (scan->phase == SCAN_LATE)
		scan->phase = SCAN_IDLE; /* the list is frozen by now */
	if (scan->phase != SCAN_RUNNING)
		return;
	if (error)
		g_debug("scan: failed: %s", error->message);
	if (!networks)
		n_networks = 0;
	if (count_visible(networks, n_networks) == 0 && scan_repeat(scan, now_us))
		return;
	if (!error) {
		scan->n_list = 0;
		for (size_t i = 0; i < n_networks; i++)
			if (network_is_visible(&networks[i]))
				list_insert(scan, &networks[i]);
	}
	scan_end(scan, error != NULL);
}

static bool start_reply(const ProvScan *scan, GByteArray *out, GError **error)
{
	Pb__ScanStartReply reply = PB__SCAN_START_REPLY__INIT;
	Pb__ScanPayload payload = PB__SCAN_PAYLOAD__INIT;

	payload.msg = PB__SCAN_MSG__RespScanStart;
	if (scan->failed && scan->n_list == 0)
		payload.status = PB__STATUS__InternalError;
	payload.payload_case = PB__SCAN_PAYLOAD__PAYLOAD_RESP_START;
	payload.resp_start = &reply;
	return wire_pack(&payload.base, out, error);
}

static bool status_reply(const ProvScan *scan, GByteArray *out, GError **error)
{
	Pb__ScanStatusReply reply = PB__SCAN_STATUS_REPLY__INIT;
	Pb__ScanPayload payload = PB__SCAN_PAYLOAD__INIT;

	reply.scan_finished = true;
	reply.result_count = (uint32_t)scan->n_list;
	payload.msg = PB__SCAN_MSG__RespScanStatus;
	payload.payload_case = PB__SCAN_PAYLOAD__PAYLOAD_RESP_STATUS;
	payload.resp_status = &reply;
	return wire_pack(&payload.base, out, error);
}

static void entry_fill(Pb__ScanEntry *entry, const WifiNetwork *network)
{
	pb__scan_entry__init(entry);
	entry->ssid = (ProtobufCBinaryData){ network->ssid_len, (uint8_t *)network->ssid };
	entry->channel = network->channel;
	entry->rssi = network->rssi_dbm;
	entry->bssid = (ProtobufCBinaryData){ WIFI_BSSID_LEN, (uint8_t *)network->bssid };
	entry->auth = MIN((uint32_t)network->auth, WIFI_AUTH_WPA2_WPA3);
}

/* As many of the entries asked for as exist and fit; fewer than asked for is an InternalError. */
static bool result_reply(const ProvScan *scan, GByteArray *out, GError **error)
{
	Pb__ScanEntry entries[PROV_SCAN_ENTRIES];
	Pb__ScanEntry *pointers[PROV_SCAN_ENTRIES];
	Pb__ScanResultReply reply = PB__SCAN_RESULT_REPLY__INIT;
	Pb__ScanPayload payload = PB__SCAN_PAYLOAD__INIT;

	payload.msg = PB__SCAN_MSG__RespScanResult;
	payload.payload_case = PB__SCAN_PAYLOAD__PAYLOAD_RESP_RESULT;
	payload.resp_result = &reply;
	reply.entries = pointers;
	for (size_t i = 0; i < scan->page_count; i++) {
		if (scan->page_start + i < scan->n_list) {
			entry_fill(&entries[i], &scan->list[scan->page_start + i]);
			pointers[reply.n_entries++] = &entries[i];
		}
		if (reply.n_entries == i + 1 && wire_fits(&payload.base))
			continue;
		payload.status = PB__STATUS__InternalError;
		while (!wire_fits(&payload.base))
			reply.n_entries--;
		break;
	}
	return wire_pack(&payload.base, out, error);
}

static bool reply_pack(const ProvScan *scan, ScanWaiting what, GByteArray *out, GError **error)
{
	switch (what) {
	case WAITING_START: return start_reply(scan, out, error);
	case WAITING_STATUS: return status_reply(scan, out, error);
	case WAITING_RESULT: return result_reply(scan, out, error);
	case WAITING_NONE: break;
	}
	g_return_val_if_reached(false);
}

static bool scan_is_awaited(const ProvScan *scan)
{
	return scan->phase == SCAN_RUNNING || scan->phase == SCAN_PAUSE;
}

ProvAnswer prov_scan_take_reply(ProvScan *scan, GByteArray *out, GError **error)
{
	ScanWaiting what = scan->waiting;

	if (what == WAITING_NONE || scan_is_awaited(scan))
		return PROV_ANSWER_DEFERRED;
	scan->waiting = WAITING_NONE;
	return reply_pack(scan, what, out, error) ? PROV_ANSWER_READY : PROV_ANSWER_FAILED;
}

/* Answer now, or when the scan is over. */
static ProvAnswer answer_when_over(ProvScan *scan, ScanWaiting what, GByteArray *out,
				   GError **error)
{
	scan->waiting = what;
	return prov_scan_take_reply(scan, out, error);
}

static ProvAnswer handle_start(ProvScan *scan, const Pb__ScanStartCommand *command, bool joining,
			       int64_t now_us, GByteArray *out, GError **error)
{
	if (!scan_is_awaited(scan) && !joining)
		scan_begin(scan, now_us);
	if (command->blocking)
		return answer_when_over(scan, WAITING_START, out, error);
	return start_reply(scan, out, error) ? PROV_ANSWER_READY : PROV_ANSWER_FAILED;
}

static ProvAnswer handle_result(ProvScan *scan, const Pb__ScanResultCommand *command,
				GByteArray *out, GError **error)
{
	if (command->start_index >= PROV_SCAN_ENTRIES ||
	    command->count > PROV_SCAN_ENTRIES - command->start_index) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
			    "%u entries from %u on asked for, there are at most %d", command->count,
			    command->start_index, PROV_SCAN_ENTRIES);
		return PROV_ANSWER_FAILED;
	}
	scan->page_start = command->start_index;
	scan->page_count = command->count;
	return answer_when_over(scan, WAITING_RESULT, out, error);
}

ProvAnswer prov_scan_handle(ProvScan *scan, const Secret *in, bool joining, int64_t now_us,
			    GByteArray *out, GError **error)
{
	g_auto(WireArena) arena = { .used = 0 };
	const Pb__ScanPayload *payload = wire_unpack(&arena, &pb__scan_payload__descriptor,
						     secret_data(in), secret_len(in), error);

	if (!payload)
		return PROV_ANSWER_FAILED;
	if (payload->msg == PB__SCAN_MSG__CmdScanStart &&
	    payload->payload_case == PB__SCAN_PAYLOAD__PAYLOAD_CMD_START)
		return handle_start(scan, payload->cmd_start, joining, now_us, out, error);
	if (payload->msg == PB__SCAN_MSG__CmdScanStatus)
		return answer_when_over(scan, WAITING_STATUS, out, error);
	if (payload->msg == PB__SCAN_MSG__CmdScanResult &&
	    payload->payload_case == PB__SCAN_PAYLOAD__PAYLOAD_CMD_RESULT)
		return handle_result(scan, payload->cmd_result, out, error);
	g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE, "no command of prov-scan (%d)",
		    (int)payload->msg);
	return PROV_ANSWER_FAILED;
}

void prov_scan_abandon(ProvScan *scan)
{
	scan->waiting = WAITING_NONE;
}

void prov_scan_cancelled(ProvScan *scan)
{
	if (scan->phase != SCAN_IDLE)
		scan_end(scan, true);
}

bool prov_scan_is_running(const ProvScan *scan)
{
	return scan->phase == SCAN_RUNNING || scan->phase == SCAN_LATE;
}

int64_t prov_scan_deadline_us(const ProvScan *scan)
{
	switch (scan->phase) {
	case SCAN_RUNNING: return scan->bound_us;
	case SCAN_PAUSE: return scan->repeat_us;
	case SCAN_IDLE:
	case SCAN_LATE: break;
	}
	return INT64_MAX;
}

void prov_scan_expire(ProvScan *scan, bool joining, int64_t now_us)
{
	if (now_us < prov_scan_deadline_us(scan))
		return;
	if (scan->phase == SCAN_PAUSE) {
		if (joining)
			scan_end(scan, true);
		else
			scan_ask(scan, now_us);
		return;
	}
	g_debug("scan: out of time");
	scan_end(scan, true);
	if (joining)
		scan->phase = SCAN_LATE;
	else
		scan->wifi->cancel(scan->wifi_data);
}

const WifiNetwork *prov_scan_find(const ProvScan *scan, const uint8_t *ssid, size_t ssid_len)
{
	for (size_t i = 0; i < scan->n_list; i++)
		if (scan->list[i].ssid_len == ssid_len &&
		    memcmp(scan->list[i].ssid, ssid, ssid_len) == 0)
			return &scan->list[i];
	return NULL;
}
