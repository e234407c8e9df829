# SPDX-License-Identifier: MIT
# bash completion for landfallctl(1)

_landfallctl()
{
	local cur prev words cword command word
	_init_completion -n = || return

	for word in "${words[@]:1:cword-1}"; do
		case $word in
		status | provision | qr | factory | store | publish | spool | sensors | metrics | display) command=$word; break ;;
		esac
	done

	case $prev in
	import) _filedir -d; return ;;
	install) _filedir; return ;;
	esac
	case $cur in
	--config=* | --png=* | --svg=* | --pop-file=*) cur=${cur#*=}; _filedir; return ;;
	--root=*) cur=${cur#*=}; _filedir -d; return ;;
	--key-type=*) mapfile -t COMPREPLY < <(compgen -W "ec-p256 ec-p384 rsa-2048" -- "${cur#*=}"); return ;;
	--until=*) mapfile -t COMPREPLY < <(compgen -W "absent idle ready peer secured joining failed joined done" -- "${cur#*=}"); return ;;
	esac

	local choices
	case $command in
	provision) choices="start stop status watch --until= reset unlock --help" ;;
	qr) choices="--png= --scale= --svg= --text --help" ;;
	factory) choices="--name= --pop-file= --help" ;;
	store) choices="import csr install renew show rollback --name= --key-type= --new-key --now --help" ;;
	publish) choices="-l --lines --ack --timeout= --help" ;;
	sensors) choices="--sections --timeout= --root= --help" ;;
	display) choices="--png= --help" ;;
	status | spool | metrics) choices="--help" ;;
	*) choices="status provision qr factory store publish spool sensors metrics display --json --config= --set= --check-config --dump-config --version --help" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
	[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
} && complete -F _landfallctl landfallctl
