/* SPDX-License-Identifier: MIT */
/*
 * openssl-legacy - opens OpenSSL's deprecated half to the file that includes this first
 *
 * Keys inside tokens need it: Debian 12 reaches PKCS#11 through an ENGINE, and a key that signs
 * elsewhere is an EC_KEY with a method of its own. All other files are built without.
 */
#pragma once

#undef OPENSSL_NO_DEPRECATED
#undef OPENSSL_API_COMPAT
#define OPENSSL_API_COMPAT 10101
#define OPENSSL_SUPPRESS_DEPRECATED
