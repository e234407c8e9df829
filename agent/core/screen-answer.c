/* SPDX-License-Identifier: MIT */
#include "agent/core/screen-answer.h"

#include <cjson/cJSON.h>

void screen_answer_encode(const Frame *frame, const GError *error, GString *text)
{
	cJSON *object = cJSON_CreateObject();

	if (frame) {
		g_autofree char *pages =
			g_base64_encode((const guchar *)frame->pages, sizeof(frame->pages));

		cJSON_AddNumberToObject(object, "width", FRAME_WIDTH);
		cJSON_AddNumberToObject(object, "height", FRAME_HEIGHT);
		cJSON_AddStringToObject(object, "pages", pages);
	} else {
		cJSON_AddStringToObject(object, "error", error->message);
	}

	char *encoded = cJSON_PrintUnformatted(object);

	g_string_append(text, encoded);
	cJSON_free(encoded);
	cJSON_Delete(object);
}
