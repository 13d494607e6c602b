# shellcheck shell=bash
# For the tests of show --at, diff, blame and why: messages as Port sends them, written with few words.
# To be sourced behind tests/lib.sh.

# change TIME OPERATION BLUEPRINT/ENTITY BEFORE AFTER [USER [RUN [STATUS]]]: of the change log. BEFORE and
# AFTER are the properties as JSON, or null.
change() {
	printf '{"action":"%s","resourceType":"entity","status":"%s",' "$2" "${8:-SUCCESS}"
	printf '"trigger":{"by":{"orgId":"org_Q","userId":"%s"},"origin":"UI","at":"%s"},' "${6:-ana}" "$1"
	printf '"context":{"entity":"%s","blueprint":"%s"' "${3#*/}" "${3%%/*}"
	[ -z "${7:-}" ] || printf ',"runId":"%s"' "$7"
	printf '},"diff":{"before":%s,"after":%s}}\n' "$(state "$3" "$4")" "$(state "$3" "$5")"
}

state() { # BLUEPRINT/ENTITY PROPERTIES
	if [ "$2" = null ]; then
		printf null
	else
		printf '{"identifier":"%s","title":"%s","blueprint":"%s","properties":%s,"relations":{}}' \
			"${1#*/}" "${1#*/}" "${1%%/*}" "$2"
	fi
}

# request TIME RUN ACTION BLUEPRINT/ENTITY USER: a self-service run.
request() {
	printf '{"action":"%s","resourceType":"run","status":"TRIGGERED",' "$3"
	printf '"trigger":{"by":{"orgId":"org_Q","userId":"%s"},"origin":"UI","at":"%s"},' "$5" "$1"
	printf '"context":{"entity":"%s","blueprint":"%s","runId":"%s"},' "${4#*/}" "${4%%/*}" "$2"
	printf '"payload":{"action":{"identifier":"%s"},"properties":{}}}\n' "$3"
}

# automation TIME RUN ACTION EVENT: its run, with the event that fired it.
automation() {
	printf '{"inputs":null,"trigger":{"by":{"orgId":"org_Q","byPort":true},"origin":"AUTOMATION",'
	printf '"at":"%s","operation":"ANY"},"event":%s,' "$1" "$4"
	printf '"entity":null,"action":{"identifier":"%s"},"run":{"id":"%s"}}\n' "$3" "$2"
}

# run_event TIME RUN ACTION STATUS USER [APPROVER]: a run as an automation is told of it.
run_event() {
	local run='{"id":"'$2'","status":"%s","action":{"identifier":"'$3'"},"createdBy":"'$5'"%s}' approval=
	local before=WAITING_FOR_APPROVAL
	[ -n "${6:-}" ] || before=IN_PROGRESS
	[ -z "${6:-}" ] || approval=',"approval":{"state":"APPROVED","userId":"'$6'","description":"fine"}'
	printf '{"id":"event_%s","resourceType":"run","action":"UPDATE",' "$2"
	printf '"trigger":{"by":{"orgId":"org_Q","userId":"%s"},"origin":"UI","at":"%s"},' "${6:-$5}" "$1"
	printf '"context":{"action":{"identifier":"%s"}},"diff":{"before":' "$3"
	# shellcheck disable=SC2059
	printf "$run" $before ''
	printf ',"after":'
	# shellcheck disable=SC2059
	printf "$run" "$4" "$approval"
	printf '}}'
}

# record MESSAGES…: into the store, in that order.
record() {
	portlog import -q -t org_Q.runs "$@" >/dev/null || echo "Bail out! import failed"
}
