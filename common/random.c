/* SPDX-License-Identifier: MIT */
#include "common/random.h"

#include <errno.h>
#include <sys/random.h>

bool random_fill(void *data, uint8_t *out, size_t len)
{
	while (len > 0) {
		ssize_t got = getrandom(out, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		out += got;
		len -= (size_t)got;
	}
	return true;
}
