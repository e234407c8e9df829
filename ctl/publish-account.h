/* SPDX-License-Identifier: MIT */
/*
 * publish-account - what became of the lines that were handed to the agent, in a sentence
 */
#pragma once

#include "ctl/publish-stream.h"

/* publish_account_refused() - for a stream that ended well, with lines refused
 * Returns text to be freed with g_free(): "2 of 5 lines were refused, the others were taken" */
char *publish_account_refused(const PublishResult *result);

/* publish_account_unfinished() - for one that did not; each line is counted once
 * Returns text to be freed with g_free(): "of 5 lines sent, 2 are on disk, 1 was refused and what
 * became of 2 is not known; what follows line 5 was not sent" */
char *publish_account_unfinished(const PublishResult *result);
