/* The table-valued functions exu_feed1(pointer) to exu_feed24(pointer) of 1 to 24 columns: the rows of a struct exu_feed.
 * Private to store/. */
#ifndef EXU_STORE_FEED_H
#define EXU_STORE_FEED_H

#include "store/store.h"
#include <sqlite3.h>

#define EXU_FEED_POINTER "exu_feed" /* the type of the pointer, for sqlite3_bind_pointer */
#define EXU_FEED_COLUMNS 24

/* Makes the functions known to the connection; an SQLite code. */
int exu_feed_register(sqlite3 *db);

#endif
