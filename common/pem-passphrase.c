/* SPDX-License-Identifier: MIT */
#include "common/pem-passphrase.h"

int pem_refuse_passphrase(char *buffer, int size, int writing, void *user_data)
{
	return -1;
}
