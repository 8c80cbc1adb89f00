/* SQLite, as the program has it (linked) or as the loadable extension has it (through the table of functions that its
 * host hands over; sqlite.org/loadext.html). The files that ask a database are compiled once for each. */
#ifndef EXU_QUERY_SQLITE_H
#define EXU_QUERY_SQLITE_H

#ifdef EXU_SQLITE_EXTENSION
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT3
#else
#include <sqlite3.h>
#endif

#endif
