/* SPDX-License-Identifier: MIT */
/* wire_octets - a proxy that counts: prints its port, then for each line on its input how many
 * octets went to the broker until now */
#include "tests/agent/unsure-link.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	char line[16];

	if (argc != 2) {
		fprintf(stderr, "usage: wire_octets PORT\n");
		return 2;
	}
	g_autoptr(UnsureLink) link = unsure_link_new((uint16_t)atoi(argv[1]));

	printf("%u\n", unsure_link_port(link));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		printf("%" G_GUINT64_FORMAT "\n", unsure_link_octets(link));
		fflush(stdout);
	}
	return 0;
}
