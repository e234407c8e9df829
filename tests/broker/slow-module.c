/* SPDX-License-Identifier: MIT */
/*
 * slow-module - SoftHSM whose signatures take as long as the test wants
 *
 * A PKCS#11 module that is SoftHSM's but for C_Sign(): that one says that it was called by making
 * the file $LANDFALL_SLOW_TOKEN.signing, and returns once $LANDFALL_SLOW_TOKEN exists. Without the
 * variable nothing is slow.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOFTHSM_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define FUNCTIONS      68 /* of CK_FUNCTION_LIST, PKCS#11 2.40 */
#define C_SIGN         43 /* place of C_Sign() among them */
#define POLL_US        1000

typedef unsigned long (*SignFunc)(unsigned long session, unsigned char *data, unsigned long len,
				  unsigned char *signature, unsigned long *signature_len);

/* CK_FUNCTION_LIST, as far as it matters */
typedef struct FunctionList {
	unsigned char version[2];
	void (*functions[FUNCTIONS])(void);
} FunctionList;

typedef unsigned long (*GetListFunc)(FunctionList **list);

static FunctionList ours; /* what C_GetFunctionList() hands out has to stay */
static SignFunc real_sign;

static unsigned long slow_sign(unsigned long session, unsigned char *data, unsigned long len,
			       unsigned char *signature, unsigned long *signature_len)
{
	const char *go = getenv("LANDFALL_SLOW_TOKEN");
	char signing[4096];

	if (go) {
		snprintf(signing, sizeof(signing), "%s.signing", go);
		close(open(signing, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		while (access(go, F_OK) != 0)
			usleep(POLL_US);
	}
	return real_sign(session, data, len, signature, signature_len);
}

unsigned long C_GetFunctionList(FunctionList **list);

unsigned long C_GetFunctionList(FunctionList **list)
{
	void *module = dlopen(SOFTHSM_MODULE, RTLD_NOW | RTLD_LOCAL);
	GetListFunc get = module ? (GetListFunc)dlsym(module, "C_GetFunctionList") : NULL;
	FunctionList *real = NULL;

	if (!get || get(&real) != 0)
		return 5; /* CKR_GENERAL_ERROR */
	memcpy(&ours, real, sizeof(ours));
	real_sign = (SignFunc)ours.functions[C_SIGN];
	ours.functions[C_SIGN] = (void (*)(void))slow_sign;
	*list = &ours;
	return 0;
}
