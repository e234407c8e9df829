/* SPDX-License-Identifier: MIT */
/*
 * end-limit - a process that has nothing left to do but to end does, whatever it waits for
 *
 * What a program waits for while it ends may never come: a key token that does not answer, a disk
 * that hangs. The process ends then, as by a kill: what was acknowledged is on disk, and the store
 * is whole at any instruction.
 */
#pragma once

/* end_limit() - end the process with @status once @limit_ms are over, with one line on standard
 * error. A program that is started in its place has no limit */
void end_limit(unsigned limit_ms, int status);
