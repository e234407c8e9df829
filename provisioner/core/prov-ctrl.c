/* SPDX-License-Identifier: MIT */
#include "provisioner/core/prov-ctrl.h"

#include "provisioner/core/proto/wifi-ctrl.pb-c.h"
#include "provisioner/core/wire.h"

/* One row per command: it, its reply, and what it does. */
static const struct {
	Pb__CtrlMsg command;
	Pb__CtrlMsg reply;
	Pb__CtrlPayload__PayloadCase reply_case;
	bool (*act)(ProvConfig *config);
} commands[] = {
	{ PB__CTRL_MSG__CmdCtrlReset, PB__CTRL_MSG__RespCtrlReset,
	  PB__CTRL_PAYLOAD__PAYLOAD_RESP_RESET, prov_config_reset },
	{ PB__CTRL_MSG__CmdCtrlReprov, PB__CTRL_MSG__RespCtrlReprov,
	  PB__CTRL_PAYLOAD__PAYLOAD_RESP_REPROV, prov_config_reprov },
};

bool prov_ctrl_handle(ProvConfig *config, const Secret *in, GByteArray *out, GError **error)
{
	g_auto(WireArena) arena = { .used = 0 };
	const Pb__CtrlPayload *request = wire_unpack(&arena, &pb__ctrl_payload__descriptor,
						     secret_data(in), secret_len(in), error);

	if (!request)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		Pb__CtrlEmpty empty = PB__CTRL_EMPTY__INIT;
		Pb__CtrlPayload reply = PB__CTRL_PAYLOAD__INIT;

		if (request->msg != commands[i].command)
			continue;
		reply.msg = commands[i].reply;
		if (!commands[i].act(config))
			reply.status = PB__STATUS__InternalError;
		reply.payload_case = commands[i].reply_case;
		reply.resp_reset = &empty; /* all members of the union are this type */
		return wire_pack(&reply.base, out, error);
	}
	g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE, "no command of prov-ctrl (%d)",
		    (int)request->msg);
	return false;
}
