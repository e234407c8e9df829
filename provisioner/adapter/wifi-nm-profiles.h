/* SPDX-License-Identifier: MIT */
/*
 * wifi-nm-profiles - the connection profiles NetworkManager has
 *
 * Read with GetSettings, one after the other, without secrets: at the start and whenever one was
 * added, edited or removed. At most WIFI_NM_PROFILES_MAX are looked at.
 *
 * Owner: wifi-nm.
 */
#pragma once

#include "provisioner/adapter/wifi-nm-scan.h"

#define WIFI_NM_PROFILES_MAX 256

typedef struct WifiNmProfile {
	char *path;      /* object path */
	char *id;        /* name for people */
	char *interface; /* the only interface it may be used on; NULL: any */
	GBytes *ssid;    /* NULL: no Wi-Fi */
	bool wifi;       /* joins a Wi-Fi network, not an access point of its own */
	bool autoconnect;
} WifiNmProfile;

typedef struct WifiNmProfiles WifiNmProfiles;

/* wifi_nm_profiles_new() - nothing is read yet
 * @bus, @peer: borrowed, outlive it
 * @changed:    the list was read anew, from the loop */
WifiNmProfiles *wifi_nm_profiles_new(Bus *bus, BusPeer *peer, void (*changed)(void *data),
				     void *data);

/* wifi_nm_profiles_free() - NULL is fine */
void wifi_nm_profiles_free(WifiNmProfiles *profiles);

/* wifi_nm_profiles_read() - read them all, soon; asking often costs nothing */
void wifi_nm_profiles_read(WifiNmProfiles *profiles);

/* wifi_nm_profiles_forget() - NetworkManager is gone: nothing is known any more */
void wifi_nm_profiles_forget(WifiNmProfiles *profiles);

/* wifi_nm_profiles_list() - array of WifiNmProfile as last read; NULL before; borrowed */
const GPtrArray *wifi_nm_profiles_list(const WifiNmProfiles *profiles);

/* wifi_nm_profiles_in_memory() - is this profile, as it is now, on disk only after it was saved? */
bool wifi_nm_profiles_in_memory(const WifiNmProfiles *profiles, const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiNmProfiles, wifi_nm_profiles_free)
