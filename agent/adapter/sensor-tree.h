/* SPDX-License-Identifier: MIT */
/*
 * sensor-tree - small files and numbered folders of /sys and /proc
 *
 * Numbers of folders change from one start to the next, so drivers look for what a folder says,
 * every time. Reading blocks for as long as the kernel does.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define SENSOR_FOLDERS_MAX 256  /* looked at in one root */
#define SENSOR_FILE_MAX    8192 /* octets taken of one file */

/* sensor_tree_read() - the text of a small file, without white space at its end
 * Returns NULL when it cannot be read or is empty; the caller frees it
 * Errors: LANDFALL_ERROR_UNAVAILABLE with path and reason */
char *sensor_tree_read(const char *folder, const char *name,
		       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensor_tree_number() - the number that a file holds
 * Errors: LANDFALL_ERROR_UNAVAILABLE; LANDFALL_ERROR_INVALID: there is something else in it.
 * @value is untouched then */
bool sensor_tree_number(const char *folder, const char *name, double *value,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensor_tree_has() - whether @folder has a file @name */
bool sensor_tree_has(const char *folder, const char *name);

/* sensor_tree_is() - whether @folder is the one that somebody calls @wanted: by what its file @name
 * says, by its own name, or by the name on its bus, such as 1-0076, of the device it belongs to
 * @wanted: NULL wants nothing */
bool sensor_tree_is(const char *folder, const char *name, const char *wanted);

/* sensor_tree_identity() - what to call the folder at @index of @folders so that sensor_tree_is()
 * finds this one: what its file @name says, unless another says the same, or it is no line of
 * UTF-8. Free with g_free(). */
char *sensor_tree_identity(const GPtrArray *folders, guint index, const char *name);

/* sensor_tree_folders() - paths of the folders of @root whose names begin with @prefix, by the
 * number behind it, then by name; at most SENSOR_FOLDERS_MAX. Free with g_ptr_array_unref(). */
GPtrArray *sensor_tree_folders(const char *root, const char *prefix);

/* sensor_tree_files() - names in @folder that begin with @prefix and end with @suffix, sorted as
 * above, both cut off; at most SENSOR_FOLDERS_MAX. Free with g_ptr_array_unref(). */
GPtrArray *sensor_tree_files(const char *folder, const char *prefix, const char *suffix);

/* sensor_tree_section() - @words as the name of a section: what is not A-Z a-z 0-9 becomes _, and
 * cut at 64 octets. Free with g_free(). */
char *sensor_tree_section(const char *first, const char *second);

/* sensor_tree_below() - @path below @root, NULL when @root is "/": what a sensor found there
 * needs as its `root`. Free with g_free(). */
char *sensor_tree_below(const char *root, const char *path);
