/* SPDX-License-Identifier: MIT */
/*
 * wifi-wpa-bss - what wpa_supplicant knows of the networks in the air
 *
 * A BSS is one radio of one network. The list of an interface is read once, BSS by BSS, some at a
 * time; one that goes away meanwhile is left out.
 */
#pragma once

#include "dbus/bus-call.h"
#include "provisioner/adapter/wifi-wpa-interface.h"

#include <glib.h>

typedef struct WpaBss {
	WifiNetwork network;
	WpaSecurity security;
	bool nameless; /* hides its name; nothing else is told of it then */
	uint32_t age_s;
} WpaBss;

/* wifi_wpa_bss_parse() - properties of a BSS, an a{sv} that @reader stands before
 * Returns false where it is no access point, or one that makes no sense */
bool wifi_wpa_bss_parse(BusReader *reader, WpaBss *bss);

/* wifi_wpa_bss_ask() - read one; parse the reply's a{sv}
 * Returns the handle, owned by the caller */
BusCall *wifi_wpa_bss_ask(Bus *bus, const char *path, BusReplyFunc func, void *data);

typedef struct WifiWpaBssList WifiWpaBssList;

/* WifiWpaBssFunc - the list is read, once; may free it
 * @list: WpaBss, borrowed for the call; NULL when it failed */
typedef void (*WifiWpaBssFunc)(const GArray *list, const GError *error, void *data);

/* wifi_wpa_bss_list_new() - read the list of the interface at @path, copied */
WifiWpaBssList *wifi_wpa_bss_list_new(Bus *bus, const char *path, WifiWpaBssFunc done, void *data);

/* wifi_wpa_bss_list_found() - WpaBss read so far; borrowed until the next turn of the loop */
const GArray *wifi_wpa_bss_list_found(const WifiWpaBssList *list);

/* wifi_wpa_bss_list_free() - give up; NULL is fine */
void wifi_wpa_bss_list_free(WifiWpaBssList *list);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiWpaBssList, wifi_wpa_bss_list_free)
