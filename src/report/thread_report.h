/* Threads and their stacks, through any writer. */
#ifndef EXU_REPORT_THREAD_REPORT_H
#define EXU_REPORT_THREAD_REPORT_H

#include "query/threads.h"
#include "report/writer.h"

/* `key`: NULL at the top of the document. Without `flat` no table stands for the lines in CSV. */
void exu_report_threads(struct exu_writer *w, const struct exu_threads *threads, const char *key, bool flat);

#endif
