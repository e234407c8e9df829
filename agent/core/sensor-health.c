/* SPDX-License-Identifier: MIT */
#include "agent/core/sensor-health.h"

#define CALM_US (INT64_C(3600) * 1000000)

static SensorNews begin_failure(SensorHealth *health, int64_t now_us)
{
	if (now_us - health->since_us >= CALM_US)
		health->spells = 0;
	health->spells++;
	health->failing = true;
	health->since_us = now_us;
	health->told = (health->spells & (health->spells - 1)) == 0;
	return health->told ? SENSOR_NEWS_FAILED : SENSOR_NEWS_NONE;
}

SensorNews sensor_health_step(SensorHealth *health, bool fine, int64_t now_us)
{
	if (fine != health->failing)
		return SENSOR_NEWS_NONE;
	if (!fine)
		return begin_failure(health, now_us);
	health->failing = false;
	health->since_us = now_us;
	return health->told ? SENSOR_NEWS_RECOVERED : SENSOR_NEWS_NONE;
}
