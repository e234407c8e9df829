/* SPDX-License-Identifier: MIT */
/*
 * slow-module - SoftHSM whose signatures take as long as the test wants, or its log-in does
 *
 * A PKCS#11 module that is SoftHSM's but for C_Sign(): that one says that it was called by making
 * the file $LANDFALL_SLOW_TOKEN.asked, and returns once $LANDFALL_SLOW_TOKEN exists; likewise
 * C_Login() with $LANDFALL_SLOW_LOGIN. Without the variable nothing is slow.
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
#define C_LOGIN        18 /* place of C_Login() among them */
#define C_SIGN         43 /* and of C_Sign() */
#define POLL_US        1000

typedef unsigned long (*SignFunc)(unsigned long session, unsigned char *data, unsigned long len,
				  unsigned char *signature, unsigned long *signature_len);

typedef unsigned long (*LoginFunc)(unsigned long session, unsigned long user, unsigned char *pin,
				   unsigned long len);

/* CK_FUNCTION_LIST, as far as it matters */
typedef struct FunctionList {
	unsigned char version[2];
	void (*functions[FUNCTIONS])(void);
} FunctionList;

typedef unsigned long (*GetListFunc)(FunctionList **list);

static FunctionList ours; /* what C_GetFunctionList() hands out has to stay */
static SignFunc real_sign;
static LoginFunc real_login;

static void take_time(const char *variable)
{
	const char *go = getenv(variable);
	char asked[4096];

	if (!go)
		return;
	snprintf(asked, sizeof(asked), "%s.asked", go);
	close(open(asked, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	while (access(go, F_OK) != 0)
		usleep(POLL_US);
}

static unsigned long slow_login(unsigned long session, unsigned long user, unsigned char *pin,
				unsigned long len)
{
	take_time("LANDFALL_SLOW_LOGIN");
	return real_login(session, user, pin, len);
}

static unsigned long slow_sign(unsigned long session, unsigned char *data, unsigned long len,
			       unsigned char *signature, unsigned long *signature_len)
{
	take_time("LANDFALL_SLOW_TOKEN");
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
	real_login = (LoginFunc)ours.functions[C_LOGIN];
	ours.functions[C_LOGIN] = (void (*)(void))slow_login;
	real_sign = (SignFunc)ours.functions[C_SIGN];
	ours.functions[C_SIGN] = (void (*)(void))slow_sign;
	*list = &ours;
	return 0;
}
