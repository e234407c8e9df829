/* SPDX-License-Identifier: MIT */
/*
 * replay - run a fuzz target over its corpus once, as a test without libFuzzer
 *
 *   replay FOLDER        every file in it, one TAP line each; an empty folder fails
 */
#include "tests/fuzz/fuzz.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>

static GPtrArray *files_in(const char *folder)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	if (!dir)
		g_printerr("%s\n", error->message);
	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(files, g_build_filename(folder, name, NULL));
	return files;
}

int main(int argc, char **argv)
{
	g_autoptr(GPtrArray) files = files_in(argc > 1 ? argv[1] : ".");

	if (files->len == 0) {
		g_print("Bail out! no inputs\n");
		return EXIT_FAILURE;
	}
	g_print("1..%u\n", files->len);
	for (guint i = 0; i < files->len; i++) {
		const char *path = g_ptr_array_index(files, i);
		g_autofree char *name = g_path_get_basename(path);
		g_autofree char *data = NULL;
		gsize size = 0;
		bool read = g_file_get_contents(path, &data, &size, NULL);

		if (read)
			LLVMFuzzerTestOneInput((const uint8_t *)data, size);
		g_print("%s %u %s\n", read ? "ok" : "not ok", i + 1, name);
	}
	return EXIT_SUCCESS;
}
