/* SPDX-License-Identifier: MIT */
/*
 * qr-private - what the drawings of a code share
 */
#pragma once

#include "ctl/qr.h"

#include <qrencode.h>

#define QR_QUIET_ZONE 4 /* modules of margin, ISO/IEC 18004 clause 6.3.8 */

/* qr_encode() - the modules of a text
 * Errors: LANDFALL_ERROR_INVALID (too long) */
QRcode *qr_encode(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* qr_is_dark() - outside the code is quiet zone, which is light */
bool qr_is_dark(const QRcode *code, int x, int y);

/* clang-format off */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QRcode, QRcode_free)
/* clang-format on */
