/* What happens in the demo's company all the time: commits, deployments, bumps and bills. */
#ifndef PORTLOG_DEMO_FLOWS_H
#define PORTLOG_DEMO_FLOWS_H

#include "demo/stage.h"

/* How long after its beginning the longest flow ends. */
enum { FLOW_LONGEST_MS = 20 * 60000 };

/* Any flow that makes at most that many messages; there is one for each number from 1 on. */
size_t flow_pick(struct dice *dice, size_t most_messages);
size_t flow_messages(size_t flow);
/* People act when they work, machines at any time. */
bool flow_needs_people(size_t flow);
void flow_plan(struct stage *stage, size_t flow, int64_t at_ms);

#endif
