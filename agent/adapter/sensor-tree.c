/* SPDX-License-Identifier: MIT */
#include "agent/adapter/sensor-tree.h"

#include "agent/core/sensor-text.h"
#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTION_MAX 64

/* Up to @size octets, however many reads they take; errno on -1 */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buffer + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

char *sensor_tree_read(const char *folder, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *buffer = g_malloc(SENSOR_FILE_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read_all(fd, buffer, SENSOR_FILE_MAX);
	int saved = errno;

	if (fd >= 0)
		close(fd);
	buffer[MAX(n, 0)] = '\0';
	if (*g_strchomp(buffer) != '\0')
		return g_steal_pointer(&buffer);
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE, "%s: %s", path,
		    n < 0 ? g_strerror(saved) : "is empty");
	return NULL;
}

bool sensor_tree_number(const char *folder, const char *name, double *value, GError **error)
{
	g_autofree char *text = sensor_tree_read(folder, name, error);

	if (!text)
		return false;
	if (sensor_text_number(text, value))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID, "%s/%s: is no number", folder,
		    name);
	return false;
}

bool sensor_tree_has(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	return access(path, F_OK) == 0;
}

/* hwmon2 before hwmon10 */
static int compare_numbered(gconstpointer a, gconstpointer b)
{
	const char *left = *(const char *const *)a;
	const char *right = *(const char *const *)b;
	int order = strverscmp(left, right);

	return order != 0 ? order : strcmp(left, right);
}

/* Names in @folder with @prefix and @suffix, as they are */
static GPtrArray *list_names(const char *folder, const char *prefix, const char *suffix)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (dir && names->len < SENSOR_FOLDERS_MAX && (name = g_dir_read_name(dir))) {
		if (g_str_has_prefix(name, prefix) && g_str_has_suffix(name, suffix) &&
		    strlen(name) > strlen(prefix) + strlen(suffix))
			g_ptr_array_add(names, g_strdup(name));
	}
	g_ptr_array_sort(names, compare_numbered);
	return names;
}

GPtrArray *sensor_tree_folders(const char *root, const char *prefix)
{
	GPtrArray *names = list_names(root, prefix, "");

	for (guint i = 0; i < names->len; i++) {
		char *name = names->pdata[i];

		names->pdata[i] = g_build_filename(root, name, NULL);
		g_free(name);
	}
	return names;
}

GPtrArray *sensor_tree_files(const char *folder, const char *prefix, const char *suffix)
{
	GPtrArray *names = list_names(folder, prefix, suffix);

	for (guint i = 0; i < names->len; i++) {
		char *name = names->pdata[i];

		name[strlen(name) - strlen(suffix)] = '\0';
		memmove(name, name + strlen(prefix), strlen(name + strlen(prefix)) + 1);
	}
	return names;
}

/* hwmonN has a link `device`; the folder of an iio:deviceN lies in that of its device. */
static char *find_device(const char *folder)
{
	g_autofree char *link = g_build_filename(folder, "device", NULL);
	char *device = realpath(link, NULL);
	char *real = device ? NULL : realpath(folder, NULL);
	g_autofree char *parent = real ? g_path_get_dirname(real) : NULL;
	char *name = NULL;

	if (device)
		name = g_path_get_basename(device);
	else if (parent && sensor_tree_has(parent, "subsystem"))
		name = g_path_get_basename(parent);
	free(device);
	free(real);
	return name;
}

bool sensor_tree_is(const char *folder, const char *name, const char *wanted)
{
	if (!wanted)
		return true;

	g_autofree char *own = g_path_get_basename(folder);

	if (g_str_equal(own, wanted))
		return true;

	g_autofree char *said = sensor_tree_read(folder, name, NULL);

	if (g_strcmp0(said, wanted) == 0)
		return true;

	g_autofree char *device = find_device(folder);

	return g_strcmp0(device, wanted) == 0;
}

static bool is_unique(const GPtrArray *folders, const char *name, const char *said)
{
	guint count = 0;

	for (guint i = 0; i < folders->len; i++) {
		g_autofree char *other = sensor_tree_read(folders->pdata[i], name, NULL);

		count += g_strcmp0(other, said) == 0;
	}
	return count == 1;
}

/* Whether it can stand in a configuration as it is */
static bool is_plain(const char *said)
{
	for (const char *at = said; *at; at++) {
		if (g_ascii_iscntrl(*at))
			return false;
	}
	return g_utf8_validate(said, -1, NULL);
}

char *sensor_tree_identity(const GPtrArray *folders, guint index, const char *name)
{
	const char *folder = folders->pdata[index];
	char *said = sensor_tree_read(folder, name, NULL);

	if (said && is_plain(said) && is_unique(folders, name, said))
		return said;
	g_free(said);

	char *device = find_device(folder);

	return device ? device : g_path_get_basename(folder);
}

char *sensor_tree_section(const char *first, const char *second)
{
	char *name = second ? g_strconcat(first, "_", second, NULL) : g_strdup(first);

	g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS, '_');
	if (strlen(name) > SECTION_MAX)
		name[SECTION_MAX] = '\0';
	return name;
}

char *sensor_tree_below(const char *root, const char *path)
{
	return strcmp(root, "/") == 0 ? NULL : g_build_filename(root, path, NULL);
}
