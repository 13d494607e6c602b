/* What certainly happens in the demo's month. */
#ifndef PORTLOG_DEMO_SCENES_H
#define PORTLOG_DEMO_SCENES_H

#include "demo/stage.h"

/* When the month begins: the morning of its first working day. */
int64_t scenes_begin_ms(int64_t now_ms);
void scenes_plan(struct stage *stage, int64_t now_ms);

#endif
