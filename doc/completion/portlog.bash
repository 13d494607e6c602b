# Completion of portlog for bash (4.4 or later): portlog itself knows what may come next.

_portlog() {
	local kind
	mapfile -t COMPREPLY < <(
		command portlog complete bash -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null </dev/null)
	kind=${COMPREPLY[0]-}
	COMPREPLY=("${COMPREPLY[@]:1}")
	if [ "$kind" = files ]; then
		compopt -o default 2>/dev/null
	elif [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

complete -o nosort -F _portlog portlog
