#include "demo/catalog.h"

#include <string.h>

#include "demo/stage.h"

enum { BETWEEN_MS = 21000 };

/* A kind of entity; properties are words NAME:TYPE, relations words NAME>BLUEPRINT. */
struct blueprint {
	const char *identifier;
	const char *title;
	const char *icon;
	const char *properties;
	const char *relations;
};

static const struct blueprint blueprints[] = {
	{ "team", "Team", "Team", "mission:string slack:string members:array on_call:string", "" },
	{ "environment", "Environment", "Environment",
		"kind:string region:string ttl:timer monthly_cost:number cluster:string", "" },
	{ "service", "Service", "Microservice",
		"version:string lifecycle:string tier:string replicas:number limits:object "
		"health:string url:url coverage:number on_call:string last_commit:string",
		"team>team environment>environment packages>package" },
	{ "package", "Package", "Package",
		"version:string license:string latest:string outdated:boolean", "" },
	{ "deployment", "Deployment", "Deployment",
		"status:string version:string commit:string triggered_by:string log_url:url",
		"service>service environment>environment" },
	{ "incident", "Incident", "Alert",
		"severity:string status:string summary:string started:datetime",
		"service>service" },
};

/* An entity of the first day. What many have alike is said once, in the rows below. */
struct first {
	const char *who;
	const char *subject;
	const char *assignments;
	const char *more; /* assignments, too */
};

#define SERVICE                                                                       \
	"icon='Microservice'; lifecycle='production'; language='Go'; "                \
	"limits={'cpu':'500m','memory':'512Mi'}; health='healthy'; sla_factor=1.10; " \
	"health_check={'path':'/healthz','interval_s':15,'timeout_s':2.50}; "         \
	"open_pull_requests=3; last_commit='c0ffee1'; scorecard={'security':'gold',"  \
	"'operations':'silver'}; relations.environment='production-eu'; "             \
	"relations.packages=['libsail','openssl']; "
#define ENVIRONMENT "icon='Environment'; provider='Hetzner'; kubernetes='1.31'; "
#define PACKAGE "icon='Package'; ecosystem='npm'; license='MIT'; outdated=false; "
#define TEAM "icon='Team'; timezone='Europe/Berlin'; "

/* To add something to the company is to add a row. */
static const struct first firsts[] = {
	{ "amara", "team/payments", TEAM "title='Payments 💳'; slack='#payments'; on_call='misaki'",
		"mission='Money arrives, once'; members=['misaki','zoe']" },
	{ "amara", "team/logistics",
		TEAM "title='Logistics 📦'; slack='#logistics'; on_call='priya'",
		"mission='Parcels arrive, too'; members=['priya','neha']" },
	{ "amara", "team/platform", TEAM "title='Platform'; slack='#platform'; on_call='soren'",
		"mission='Boring on purpose'; members=['amara','soren']" },
	{ "amara", "environment/production-eu",
		ENVIRONMENT "title='Production (EU)'; kind='production'",
		"region='eu-central'; monthly_cost=4210.50; cluster='hal-eu-1'" },
	{ "amara", "environment/production-us",
		ENVIRONMENT "title='Production (US)'; kind='production'",
		"region='us-east'; monthly_cost=3905.10; cluster='hal-us-1'" },
	{ "amara", "environment/staging", ENVIRONMENT "title='Staging'; kind='staging'",
		"region='eu-central'; monthly_cost=640.00; cluster='hal-eu-2'" },
	{ "renovate", "package/libsail", PACKAGE "title='libsail'",
		"version='4.2.0'; latest='4.2.0'" },
	{ "renovate", "package/ui-kit", PACKAGE "title='Halyard UI kit'",
		"version='1.18.3'; latest='1.18.3'" },
	{ "renovate", "package/openssl", PACKAGE "title='OpenSSL'; license='Apache-2.0'",
		"version='3.0.15'; latest='3.0.15'" },
	{ "renovate", "package/barcode-wasm", PACKAGE "title='barcode-wasm'",
		"version='0.9.1'; latest='0.9.1'" },
	{ "renovate", "package/left-align", PACKAGE "title='left-align'",
		"version='2.0.0'; latest='2.0.0'; deprecated=true" },
	{ "github", "service/checkout", SERVICE "title='Checkout 🛒'; team=['payments']",
		"version='2.14.0'; tier='critical'; replicas=6; coverage=81.40; "
		"on_call='misaki'; url='https://pay.hal.example'" },
	{ "github", "service/ledger", SERVICE "title='Ledger'; team=['payments']",
		"version='3.1.4'; tier='critical'; replicas=4; coverage=92.00; "
		"on_call='misaki'; url='https://ledger.hal.example'" },
	{ "github", "service/parcel-tracker",
		SERVICE "title='荷物追跡 (Parcel tracker)'; team=['logistics']",
		"version='1.9.2'; tier='high'; replicas=3; coverage=74.25; "
		"on_call='priya'; url='https://track.hal.example'" },
	{ "github", "service/labels", SERVICE "title='Labels & barcodes'; team=['logistics']",
		"version='0.31.0'; tier='high'; replicas=2; coverage=68.90; "
		"on_call='neha'; url='https://labels.hal.example'" },
	{ "github", "service/tide-forecast", SERVICE "title='Tide forecast 🌊'; team=['logistics']",
		"version='5.0.1'; tier='normal'; replicas=2; coverage=59.10; "
		"on_call='neha'; url='https://tide.hal.example'" },
	{ "github", "service/mooring", SERVICE "title='Mooring (sign-in)'; team=['platform']",
		"version='2.2.7'; tier='critical'; replicas=4; coverage=88.30; "
		"on_call='soren'; url='https://id.hal.example'" },
	{ "github", "service/quay-api", SERVICE "title='Quay API'; team=['platform']",
		"version='7.3.0'; tier='critical'; replicas=8; coverage=79.99; "
		"on_call='soren'; url='https://api.hal.example'" },
	{ "github", "service/notifications", SERVICE "title='Notifications 🔔'; team=['platform']",
		"version='1.4.10'; tier='normal'; replicas=2; coverage=71.00; "
		"on_call='tomasz'; url='https://notify.hal.example'" },
	{ "github", "service/invoices", SERVICE "title='Invoices'; team=['payments']",
		"version='2.0.3'; tier='high'; replicas=2; coverage=83.75; "
		"on_call='zoe'; url='https://invoices.hal.example'" },
};

void catalog_plan(struct stage *stage, int64_t at_ms)
{
	for (size_t i = 0; i < sizeof(blueprints) / sizeof(blueprints[0]); i++, at_ms += BETWEEN_MS)
		stage_plan(stage, at_ms, VERB_BLUEPRINT, "amara", blueprints[i].identifier, NULL,
			blueprints[i].title);
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++, at_ms += BETWEEN_MS) {
		const struct first *first = &firsts[i];
		struct buf assignments = { 0 };
		buf_addf(&assignments, "%s; %s", first->assignments, first->more);
		stage_plan(stage, at_ms, VERB_CREATE, first->who, first->subject, NULL,
			buf_text(&assignments));
		buf_free(&assignments);
	}
}

/* The next word and, behind its mark, what it is of; false at the end. */
static bool word_next(const char **at, char mark, struct span *ret_name, struct span *ret_what)
{
	const char *word = *at + strspn(*at, " ");
	size_t length = strcspn(word, " ");
	const char *split = memchr(word, mark, length);
	*at = word + length;
	if (!split)
		return false;
	*ret_name = span_make(word, (size_t)(split - word));
	*ret_what = span_make(split + 1, (size_t)(word + length - (split + 1)));
	return true;
}

static void named_members_write(
	struct json_writer *w, const char *words, char mark, const char *what)
{
	struct span name;
	struct span value;
	json_object_start(w);
	while (word_next(&words, mark, &name, &value)) {
		json_key_span(w, name);
		json_object_start(w);
		json_member_span(w, "title", name);
		json_member_span(w, what, value);
		json_object_end(w);
	}
	json_object_end(w);
}

void catalog_blueprint_write(const char *identifier, const char *title, const struct actor *who,
	int64_t at_ms, struct buf *out)
{
	struct json_writer w = { .out = out };
	const struct blueprint *blueprint = blueprints;
	while (strcmp(blueprint->identifier, identifier) != 0)
		blueprint++;
	json_object_start(&w);
	json_member_text(&w, "identifier", identifier);
	json_member_text(&w, "title", title);
	json_member_text(&w, "icon", blueprint->icon);
	json_key(&w, "schema");
	json_object_start(&w);
	json_key(&w, "properties");
	named_members_write(&w, blueprint->properties, ':', "type");
	json_key(&w, "required");
	json_array_start(&w);
	json_array_end(&w);
	json_object_end(&w);
	json_key(&w, "relations");
	named_members_write(&w, blueprint->relations, '>', "target");
	json_member_time(&w, "createdAt", at_ms);
	json_member_text(&w, "createdBy", actor_id(who));
	json_member_time(&w, "updatedAt", at_ms);
	json_member_text(&w, "updatedBy", actor_id(who));
	json_object_end(&w);
}
