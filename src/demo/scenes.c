#include "demo/scenes.h"

enum {
	MINUTE_MS = 60000,
	HOUR_MINUTES = 60,
	DAY_MS = 24 * 60 * MINUTE_MS,
	FIRST_DAY = 21,
};

/* On the nth working day before today, or so many minutes before the end. */
struct when {
	int day;
	int minute;
};
#define DAY(n, hour, minute)                      \
	{                                         \
		n, (hour)*HOUR_MINUTES + (minute) \
	}
#define AGO(minutes)       \
	{                  \
		0, minutes \
	}

struct scene {
	struct when when;
	enum verb verb;
	const char *who;
	const char *subject;
	const char *run;
	const char *text;
};

/* To add to the story is to add rows; those of one scene stand together, apart from that their
 * order does not matter. Entities are those of demo/catalog.c and what scenes make; people are in
 * demo/cast.c, actions in demo/run.c. */
static const struct scene scenes[] = {
	/* A new service, from its scaffold to its first deployment. */
	{ DAY(20, 9, 12), VERB_REQUEST, "misaki", NULL, "scaffold_service:gift-cards",
		"name='gift-cards'; language='Kotlin'; tier='normal'; budget_factor=1.10" },
	{ DAY(20, 9, 14), VERB_LABEL, "ci", NULL, "scaffold_service:gift-cards",
		"Repository made" },
	{ DAY(20, 9, 16), VERB_CREATE, "ci", "service/gift-cards", "scaffold_service:gift-cards",
		"title='Gift cards 🎁'; icon='Microservice'; team=['payments']; "
		"lifecycle='experimental'; "
		"language='Kotlin'; tier='normal'; version='0.1.0'; replicas=1; "
		"limits={'cpu':'250m','memory':'256Mi'}; health='unknown'; coverage=0.0; "
		"open_pull_requests=0; last_commit='1n1t1a1'; "
		"url='https://gift.hal.example'; relations.environment='staging'; "
		"relations.packages=['libsail']" },
	{ DAY(20, 9, 17), VERB_SUCCEED, "ci", NULL, "scaffold_service:gift-cards",
		"Service gift-cards is ready" },
	{ DAY(15, 13, 40), VERB_UPDATE, "zoe", "service/gift-cards", NULL,
		"lifecycle='production'; replicas=2; relations.environment='production-eu'" },

	/* A preview environment: asked for, approved, expired, deleted, and made again. */
	{ DAY(18, 10, 2), VERB_ASK, "priya", NULL, "create_environment:preview",
		"name='preview-42'; ttl_days=5; reason='Parcel map for the trade fair'" },
	{ DAY(18, 10, 31), VERB_APPROVE, "amara", NULL, "create_environment:preview", "" },
	{ DAY(18, 10, 32), VERB_REQUEST, "priya", NULL, "create_environment:preview", NULL },
	{ DAY(18, 10, 36), VERB_CREATE, "ci", "environment/preview-42",
		"create_environment:preview",
		"title='Preview 42'; icon='Environment'; kind='preview'; region='eu-central'; "
		"cluster='hal-eu-2'; monthly_cost=12.40; ttl='2026-01-01T00:00:00.000Z'" },
	{ DAY(18, 10, 37), VERB_SUCCEED, "ci", NULL, "create_environment:preview",
		"https://preview-42.hal.example is up" },
	{ DAY(11, 10, 36), VERB_TIMER, "port", "environment/preview-42", NULL, "ttl" },
	{ DAY(11, 10, 38), VERB_DELETE, "ci", "environment/preview-42", NULL, NULL },
	{ DAY(5, 9, 20), VERB_ASK, "neha", NULL, "create_environment:again",
		"name='preview-42'; ttl_days=10; reason='The fair was moved'" },
	{ DAY(5, 9, 41), VERB_APPROVE, "soren", NULL, "create_environment:again", "" },
	{ DAY(5, 9, 42), VERB_REQUEST, "neha", NULL, "create_environment:again", NULL },
	{ DAY(5, 9, 47), VERB_CREATE, "ci", "environment/preview-42", "create_environment:again",
		"title='Preview 42, second try'; icon='Environment'; kind='preview'; "
		"region='eu-central'; cluster='hal-eu-2'; monthly_cost=24.80" },
	{ DAY(5, 9, 48), VERB_SUCCEED, "ci", NULL, "create_environment:again",
		"https://preview-42.hal.example is up" },

	/* What was asked for and declined. */
	{ DAY(16, 15, 5), VERB_ASK, "dmytro", "environment/production-eu",
		"grant_production_access:dmytro", "role='admin'; hours=72; reason='curious'" },
	{ DAY(16, 15, 22), VERB_DECLINE, "amara", NULL, "grant_production_access:dmytro",
		"Nobody needs admin to look around" },

	/* A team gets another name, and its services another owner. */
	{ DAY(14, 9, 0), VERB_UPDATE, "amara", "team/platform", NULL,
		"title='Foundations 🧱'; slack='#foundations'" },
	{ DAY(14, 9, 2), VERB_UPDATE, "soren", "service/quay-api", NULL, "team=['foundations']" },
	{ DAY(14, 9, 3), VERB_UPDATE, "soren", "service/mooring", NULL, "team=['foundations']" },
	{ DAY(14, 9, 4), VERB_UPDATE, "soren", "service/notifications", NULL,
		"team=['foundations']; on_call='soren'" },

	/* A deployment that fails, and the one that does not. */
	{ DAY(12, 11, 3), VERB_REQUEST, "zoe", "service/ledger", "deploy_service:fails",
		"version='3.2.0'; environment='production-eu'; strategy='rolling'" },
	{ DAY(12, 11, 4), VERB_CREATE, "ci", "deployment/ledger-3.2.0", "deploy_service:fails",
		"title='Ledger 3.2.0'; icon='Deployment'; status='running'; version='3.2.0'; "
		"commit='9e107d9'; triggered_by='zoe'; relations.service='ledger'; "
		"relations.environment='production-eu'" },
	{ DAY(12, 11, 9), VERB_UPDATE, "ci", "deployment/ledger-3.2.0", "deploy_service:fails",
		"status='failed'; log_url='https://ci.hal.example/logs/9e107d9'" },
	{ DAY(12, 11, 10), VERB_FAIL, "ci", NULL, "deploy_service:fails",
		"migration 0042 timed out after 300 s; nothing was switched over" },
	{ DAY(12, 13, 30), VERB_REQUEST, "zoe", "service/ledger", "deploy_service:works",
		"version='3.2.1'; environment='production-eu'; strategy='rolling'" },
	{ DAY(12, 13, 31), VERB_CREATE, "ci", "deployment/ledger-3.2.1", "deploy_service:works",
		"title='Ledger 3.2.1'; icon='Deployment'; status='running'; version='3.2.1'; "
		"commit='4a8a08f'; triggered_by='zoe'; relations.service='ledger'; "
		"relations.environment='production-eu'" },
	{ DAY(12, 13, 36), VERB_UPDATE, "ci", "deployment/ledger-3.2.1", "deploy_service:works",
		"status='succeeded'; log_url='https://ci.hal.example/logs/4a8a08f'" },
	{ DAY(12, 13, 37), VERB_UPDATE, "ci", "service/ledger", "deploy_service:works",
		"version='3.2.1'; last_commit='4a8a08f'" },
	{ DAY(12, 13, 38), VERB_SUCCEED, "ci", NULL, "deploy_service:works",
		"Ledger 3.2.1 is live" },

	/* Somebody joins a team. */
	{ DAY(9, 10, 15), VERB_REQUEST, "amara", "team/platform", "add_team_member:tomasz",
		"member='tomasz'; role='engineer'" },
	{ DAY(9, 10, 16), VERB_UPDATE, "ci", "team/platform", "add_team_member:tomasz",
		"members=['amara','soren','tomasz']" },
	{ DAY(9, 10, 17), VERB_SUCCEED, "ci", NULL, "add_team_member:tomasz", "Welcome, Tomasz" },

	/* A request that Port did not sign. */
	{ DAY(7, 2, 47), VERB_FORGED, "dmytro", "service/mooring", "restart_service:forged",
		"reason='maintenance'" },

	/* What Port refused, and what was tidied away. */
	{ DAY(4, 14, 8), VERB_REFUSED, "tomasz", "service/quay-api", NULL,
		"tier='platinum' | \"tier\" must be one of: critical, high, normal" },
	{ DAY(3, 11, 30), VERB_DELETE, "neha", "package/left-align", NULL, NULL },

	/* Today: a change meant for staging makes the checkout slow; it is found and repaired. */
	{ AGO(97), VERB_UPDATE, "dmytro", "service/checkout", NULL,
		"replicas=1; limits={'cpu':'100m','memory':'512Mi'}" },
	{ AGO(88), VERB_UPDATE, "watch", "service/checkout", NULL, "health='degraded'" },
	{ AGO(87), VERB_CREATE, "watch", "incident/inc-311", NULL,
		"title='Checkout is slow 🐌'; icon='Alert'; severity='high'; status='open'; "
		"summary='p99 of POST /pay is 8.70 s'; relations.service='checkout'" },
	{ AGO(81), VERB_UPDATE, "misaki", "incident/inc-311", NULL,
		"status='acknowledged'; commander='misaki'" },
	{ AGO(74), VERB_REQUEST, "misaki", "service/checkout", "scale_service:rescue",
		"replicas=8; reason='inc-311: one replica is not enough'" },
	{ AGO(73), VERB_UPDATE, "ci", "service/checkout", "scale_service:rescue",
		"replicas=8; limits={'cpu':'500m','memory':'512Mi'}" },
	{ AGO(71), VERB_SUCCEED, "ci", NULL, "scale_service:rescue", "8 of 8 replicas are ready" },
	{ AGO(66), VERB_UPDATE, "watch", "service/checkout", NULL, "health='healthy'" },
	{ AGO(52), VERB_UPDATE, "misaki", "incident/inc-311", NULL,
		"status='resolved'; summary='Replicas were set for production, not for staging'" },
	{ AGO(16), VERB_UPDATE, "misaki", "service/checkout", NULL,
		"min_replicas=4; runbook='https://docs.hal.example/checkout#replicas'" },
};

static int64_t midnight(int64_t ms)
{
	return ms - (ms % DAY_MS + DAY_MS) % DAY_MS;
}

/* 1970 began on a Thursday. */
static bool is_weekend(int64_t day_ms)
{
	int64_t weekday = ((day_ms / DAY_MS + 4) % 7 + 7) % 7;
	return weekday == 0 || weekday == 6;
}

static int64_t time_of(struct when when, int64_t now_ms)
{
	if (when.day == 0)
		return now_ms - (int64_t)when.minute * MINUTE_MS;
	int64_t day_ms = midnight(now_ms);
	for (int left = when.day; left > 0; left -= !is_weekend(day_ms))
		day_ms -= DAY_MS;
	return day_ms + (int64_t)when.minute * MINUTE_MS;
}

int64_t scenes_begin_ms(int64_t now_ms)
{
	const struct when first = DAY(FIRST_DAY, 9, 0);
	return time_of(first, now_ms);
}

void scenes_plan(struct stage *stage, int64_t now_ms)
{
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		const struct scene *scene = &scenes[i];
		/* Nobody acts on the minute. */
		int64_t stray_ms = dice_below(&stage->dice, MINUTE_MS / 2);
		stage_plan(stage, time_of(scene->when, now_ms) + stray_ms, scene->verb, scene->who,
			scene->subject, scene->run, scene->text);
	}
}
