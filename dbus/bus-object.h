/* SPDX-License-Identifier: MIT */
/*
 * bus-object - objects of ours on the bus, described by tables
 *
 * Each object has what its tables say, plus org.freedesktop.DBus.Introspectable, Properties and
 * Peer. &bus_object_manager among its interfaces makes it the ObjectManager of everything
 * registered below its path. The signature of a call is checked before its handler runs.
 *
 *   static const BusMethod methods[] = { { "Start", "", "", start_handle, NULL },
 *                                        { .name = NULL } };
 *   static const BusProperty properties[] = { { .name = "State", .type = "s", .get = state_get },
 *                                             { .name = NULL } };
 *   static const BusInterface provisioner = { "io.landfall.Provisioner1", methods, properties,
 *                                             NULL, errors };
 *   static const BusInterface *const interfaces[] = { &provisioner, NULL };
 *
 * Owner: who registered it; tables are static const and outlive it. Freeing it unregisters it (and
 * sends InterfacesRemoved). Register objects before requesting a name.
 */
#pragma once

#include "dbus/bus-message.h"
#include "dbus/bus-request.h"

#define BUS_PROPERTIES_MAX 64 /* of one interface */

/* BusMethodFunc - handle a call; takes @request
 * @user_data: that of the object */
typedef void (*BusMethodFunc)(BusRequest *request, void *user_data);

typedef struct BusMethod {
	const char *name;
	const char *in;  /* signature of the arguments, "" for none */
	const char *out; /* signature of the answer */
	BusMethodFunc handler;
	const char *args; /* names of all arguments, in before out, parted by blanks; or NULL */
} BusMethod;

/* BusPropertyFlags - how changes are announced (the EmitsChangedSignal annotation) */
typedef enum BusPropertyFlags {
	BUS_PROPERTY_CONST = 1 << 0,       /* never changes while the object lives */
	BUS_PROPERTY_INVALIDATES = 1 << 1, /* PropertiesChanged names it without its value */
} BusPropertyFlags;

typedef struct BusProperty {
	const char *name;
	const char *type; /* one complete type */
	/* get() - write one value of `type`; NULL makes the property write-only */
	void (*get)(BusWriter *value, void *user_data);
	/* set() - take the new value (of `type`, checked); NULL makes it read-only. Announce the
	 * change with bus_object_changed(). The error reaches the caller through
	 * the `errors` table */
	bool (*set)(BusReader *value, void *user_data, GError **error);
	/* exists() - false hides it (optional properties); NULL: always there */
	bool (*exists)(void *user_data);
	unsigned int flags; /* BusPropertyFlags */
} BusProperty;

typedef struct BusSignal {
	const char *name;
	const char *signature;
	const char *args; /* names, parted by blanks; or NULL */
} BusSignal;

/* BusErrorName - one row: what a GError is called on the bus */
typedef struct BusErrorName {
	GQuark (*domain)(void);
	int code;
	const char *name; /* "io.landfall.Error.Busy" */
} BusErrorName;

/* Each table ends with a row whose name is NULL; a NULL table is empty. */
typedef struct BusInterface {
	const char *name;
	const BusMethod *methods;
	const BusProperty *properties;
	const BusSignal *signals;
	const BusErrorName *errors;
} BusInterface;

typedef struct BusObject BusObject;

/* org.freedesktop.DBus.ObjectManager, to be listed among an object's interfaces */
extern const BusInterface bus_object_manager;

/* bus_object_register() - put an object on the bus; announced by the ObjectManagers above it
 * @interfaces: NULL-terminated, at most 8, static
 * Errors: BUS_ERROR_INVALID (path), BUS_ERROR_EXISTS, BUS_ERROR_DISCONNECTED */
G_GNUC_WARN_UNUSED_RESULT
BusObject *bus_object_register(Bus *bus, const char *path, const BusInterface *const *interfaces,
			       void *user_data, GError **error);

/* bus_object_free() - take it off the bus; requests handed out stay to be answered. NULL is fine */
void bus_object_free(BusObject *object);

/* bus_object_path() - borrowed */
const char *bus_object_path(const BusObject *object);

/* bus_object_changed() - a property has a new value (or began or ceased to exist)
 * Gathered until the loop turns, or until any other message is sent on this Bus: PropertiesChanged
 * always goes out before what follows it. Unknown names are our bug (critical) */
void bus_object_changed(BusObject *object, const char *interface, const char *property);

/* bus_object_signal() - a signal of this object, to be filled and given to bus_object_emit() */
BusMessage *bus_object_signal(BusObject *object, const char *interface, const char *signal);

/* bus_object_emit() - broadcast it
 * @message: from bus_object_signal(), taken; not sent when its values miss the signature, which
 *           is critical */
void bus_object_emit(BusObject *object, BusMessage *message);

/* bus_interface_xml() - append the <interface> element of introspection, as written on the bus
 * A test compares it with the interface's file in dbus/ */
void bus_interface_xml(const BusInterface *interface, GString *xml);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusObject, bus_object_free)
