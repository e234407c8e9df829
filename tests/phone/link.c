/* SPDX-License-Identifier: MIT */
#include "tests/phone/link.h"

#include "tests/phone/phone-error.h"

#include <bluetooth/bluetooth.h>
#include <bluetooth/l2cap.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATT_CHANNEL 4

static struct sockaddr_l2 address_of(const uint8_t *address, bool random)
{
	struct sockaddr_l2 out = {
		.l2_family = AF_BLUETOOTH,
		.l2_cid = GUINT16_TO_LE(ATT_CHANNEL),
		.l2_bdaddr_type = random ? BDADDR_LE_RANDOM : BDADDR_LE_PUBLIC,
	};

	memcpy(&out.l2_bdaddr, address, LINK_ADDRESS_LEN);
	return out;
}

static bool failed(PhoneError code, const char *what, int number, GError **error)
{
	g_set_error(error, PHONE_ERROR, (int)code, "%s: %s", what, g_strerror(number));
	return false;
}

static bool await_connected(int fd, unsigned ms, GError **error)
{
	struct pollfd entry = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int code = 0;
	int ready;

	do
		ready = poll(&entry, 1, (int)ms);
	while (ready < 0 && errno == EINTR);
	if (ready == 0) {
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_TIMEOUT,
				    "the device does not take the connection");
		return false;
	}
	if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		code = errno;
	return code == 0 || failed(PHONE_ERROR_LOST, "the connection fails", code, error);
}

static bool set_up(int fd, const uint8_t *own, GError **error)
{
	struct sockaddr_l2 address = address_of(own, false);
	struct bt_security security = { .level = BT_SECURITY_LOW };

	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return failed(PHONE_ERROR_ADAPTER, "using the adapter", errno, error);
	if (setsockopt(fd, SOL_BLUETOOTH, BT_SECURITY, &security, sizeof(security)) < 0)
		return failed(PHONE_ERROR_ADAPTER, "asking for an open link", errno, error);
	return true;
}

int link_open(const uint8_t *own, const uint8_t *peer, bool peer_random, unsigned ms,
	      GError **error)
{
	struct sockaddr_l2 address = address_of(peer, peer_random);
	int fd = socket(AF_BLUETOOTH, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, BTPROTO_L2CAP);
	bool done;

	if (fd < 0) {
		failed(PHONE_ERROR_ADAPTER, "this kernel has no Bluetooth", errno, error);
		return -1;
	}
	done = set_up(fd, own, error);
	if (done && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		done = errno == EINPROGRESS ||
		       failed(PHONE_ERROR_LOST, "the connection fails", errno, error);
	if (done && await_connected(fd, ms, error))
		return fd;
	close(fd);
	return -1;
}

bool link_handle(int fd, uint16_t *handle)
{
	struct l2cap_conninfo info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_L2CAP, L2CAP_CONNINFO, &info, &len) < 0)
		return false;
	*handle = info.hci_handle;
	return true;
}
