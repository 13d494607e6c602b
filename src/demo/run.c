#include "demo/run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* To add an action is to add a row. */
static const struct action actions[] = {
	{ "scaffold_service", "Scaffold a service", "service", "CREATE", "Microservice",
		REQUEST_WHOLE, UPDATE_AUTOMATION, false },
	{ "deploy_service", "Deploy a service 🚀", "service", "DAY-2", "Deployment", REQUEST_AGENT,
		UPDATE_CHANGE_LOG, false },
	/* What portlog executes: demo/acting.c. */
	{ "deploy_microservice", "Deploy a microservice", "service", "DAY-2", "Microservice",
		REQUEST_WHOLE, UPDATE_CHANGE_LOG, false },
	{ "scale_service", "Scale a service", "service", "DAY-2", "Scale", REQUEST_KAFKA,
		UPDATE_CHANGE_LOG, false },
	{ "restart_service", "Restart a service", "service", "DAY-2", "Restart", REQUEST_AGENT,
		UPDATE_CHANGE_LOG, false },
	{ "create_environment", "Create a preview environment", "environment", "CREATE",
		"Environment", REQUEST_WHOLE, UPDATE_AUTOMATION, true },
	{ "grant_production_access", "Grant access to production", "environment", "DAY-2", "Lock",
		REQUEST_KAFKA, UPDATE_AUTOMATION, true },
	{ "add_team_member", "Add a member to a team", "team", "DAY-2", "Team", REQUEST_KAFKA,
		UPDATE_CHANGE_LOG, false },
	{ "page_on_call", "Page who is on call", "incident", "ANY_ENTITY_CHANGE", "Alert",
		REQUEST_AUTOMATION, UPDATE_CHANGE_LOG, false },
	{ "tell_run_updates", "Tell the recorder of run updates", NULL, "RUN_UPDATED", "Pipeline",
		REQUEST_AUTOMATION, UPDATE_CHANGE_LOG, false },
};

enum { ACTION_COUNT = sizeof(actions) / sizeof(actions[0]) };

const struct action *action_find(const char *identifier)
{
	for (size_t i = 0; i < ACTION_COUNT; i++)
		if (strcmp(actions[i].identifier, identifier) == 0)
			return &actions[i];
	assert(false && "one of the demo's actions");
	return NULL;
}

const struct action *action_of_changes(const char *blueprint)
{
	for (size_t i = 0; i < ACTION_COUNT; i++)
		if (actions[i].request == REQUEST_AUTOMATION && actions[i].blueprint &&
			strcmp(actions[i].blueprint, blueprint) == 0)
			return &actions[i];
	return NULL;
}

void run_free(struct run *run)
{
	if (!run)
		return;
	free(run->handle);
	free(run->id);
	free(run->subject);
	free(run->inputs);
	free(run->summary);
	free(run->reason);
	free(run->label);
	free(run);
}

static void named_write(struct json_writer *w, const char *name, const char *identifier,
	const char *title, const char *icon)
{
	json_key(w, name);
	if (!identifier) {
		json_null_value(w);
		return;
	}
	json_object_start(w);
	json_member_text(w, "identifier", identifier);
	if (title)
		json_member_text(w, "title", title);
	if (icon)
		json_member_text(w, "icon", icon);
	json_member_bool(w, "deleted", false);
	json_object_end(w);
}

static void link_write(const struct run *run, struct json_writer *w)
{
	json_key(w, "link");
	json_array_start(w);
	if (run->summary) {
		struct buf link = { 0 };
		buf_addf(&link, "https://ci.hal.example/runs/%s",
			run->id + strcspn(run->id, "_") + 1);
		json_span_value(w, buf_span(&link));
		buf_free(&link);
	}
	json_array_end(w);
}

static void approval_write(const struct run *run, struct json_writer *w)
{
	json_key(w, "approval");
	json_object_start(w);
	json_member_text(w, "userId", run->approver->user_id);
	json_member_text(w, "state", run->approval);
	json_member_text(w, "description", run->reason);
	json_object_end(w);
}

void run_write(const struct run *run, struct json_writer *w)
{
	const struct action *action = run->action;
	const char *entity = run->subject ? strchr(run->subject, '/') + 1 : NULL;
	json_object_start(w);
	json_member_text(w, "id", run->id);
	json_member_text(w, "status", run->status);
	json_member_text(w, "statusLabel", run->label);
	named_write(w, "blueprint", action->blueprint, action->blueprint, NULL);
	named_write(w, "entity", entity, NULL, NULL);
	named_write(w, "action", action->identifier, action->title, action->icon);
	json_member_text(w, "source", run->who->origin);
	link_write(run, w);
	json_member_text(w, "summary", run->summary);
	json_member_bool(w, "requiredApproval", action->approval);
	if (run->approver)
		approval_write(run, w);
	json_member_bool(w, "relatedEntityExists", entity != NULL);
	json_member_bool(w, "relatedBlueprintExists", true);
	json_key(w, "properties");
	json_raw_value(w, span_of(run->inputs));
	if (run->ended_ms)
		json_member_time(w, "endedAt", run->ended_ms);
	else
		json_member_text(w, "endedAt", NULL);
	json_member_time(w, "createdAt", run->created_ms);
	json_member_text(w, "createdBy", actor_id(run->who));
	json_member_time(w, "updatedAt", run->updated_ms);
	json_member_text(w, "updatedBy", actor_id(run->who));
	json_object_end(w);
}
