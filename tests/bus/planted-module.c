/* SPDX-License-Identifier: MIT */
/* What a phone would like to have run on the device: the file $LANDFALL_PLANTED says that it was.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void planted_run(void)
{
	const char *path = getenv("LANDFALL_PLANTED");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd >= 0)
		close(fd);
}
