/* One call to Port, in a worker. */
#ifndef PORTLOG_RECORD_REPORT_WORK_H
#define PORTLOG_RECORD_REPORT_WORK_H

#include "net/port_api.h"
#include "record/worker.h"

struct report_work {
	struct work work;
	struct port_api *api;
	int64_t report; /* its id */
	char *run_id;
	char *method;
	char *path;
	struct buf body; /* empty: none */
	bool is_status;
	bool if_open; /* ask for the run first */

	bool answered; /* else error says why not */
	bool not_open; /* the run has ended: nothing was sent; answer's body says how */
	struct port_answer answer;
	struct error error;
};

/* value is a record report.owed; NULL: it is none that can be read. */
struct report_work *report_work_new(struct port_api *api, int64_t report, struct span value);
void report_work_free(struct report_work *work);

#endif
