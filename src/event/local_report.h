/* The local records of reports: structs to compact JSON, and back. A report's id is the seq of the
 * record that says that it is owed. */
#ifndef PORTLOG_EVENT_LOCAL_REPORT_H
#define PORTLOG_EVENT_LOCAL_REPORT_H

#include "event/local.h"

enum {
	LOCAL_ANSWER_MOST = 64 * 1024,
	/* JSON that was cut would be none: what is longer is not in the view. */
	LOCAL_BODY_MOST = 1024 * 1024,
};

/* {"what":"report.owed","execution":…|null,"run_id":…,"report":…,"method":…,"path":…,"body":…,
 * "if_open":true,"not_before":…} */
struct local_report {
	int64_t execution; /* 0: none */
	struct span run_id;
	struct span report; /* status, log, entity, response, node */
	struct span method;
	struct span path;
	struct span body;      /* JSON; absent: null */
	bool if_open;          /* Port is asked for the run first; sent only where it is open */
	int64_t not_before_ms; /* 0: at once */
};

/* {"what":"report.sent"|"report.refused","report":…,"attempt":…,"http_status":…,"answer":…} */
struct local_report_end {
	int64_t report;
	int attempt;     /* how often it was sent; 0: not said */
	int http_status; /* 0: none */
	struct span answer;
};

/* What a report says of how its run ended. */
struct local_final {
	struct span status; /* SUCCESS, FAILURE, CANCELLED */
	struct span port_status;
	struct span status_label;
	struct span summary;
	struct span external_run_id;
};

/* Appended to out. */
void local_report_write(const struct local_report *report, struct buf *out);
void local_report_end_write(
	enum local_what what, const struct local_report_end *end, struct buf *out);

/* False: something is missing or of another kind. What is read lives as long as the document's text
 * and the arena. */
bool local_report_read(
	const struct json_doc *doc, struct arena *texts, struct local_report *ret_report);
bool local_report_end_read(
	const struct json_doc *doc, struct arena *texts, struct local_report_end *ret_end);
/* Of report.owed; false: it tells no end. */
bool local_final_read(
	const struct json_doc *doc, struct arena *texts, struct local_final *ret_final);

#endif
