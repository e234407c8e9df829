/* SPDX-License-Identifier: MIT */
/* What the kernel tells about interfaces and addresses: a datagram of messages. */
#include "provisioner/adapter/net-link-parse.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	NetLinkReader reader = { data, size };
	NetLinkMessage message;

	while (net_link_next(&reader, &message)) {
		if (strnlen(message.name, sizeof(message.name)) == sizeof(message.name))
			__builtin_trap();
	}
	return 0;
}
