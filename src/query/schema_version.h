/* The schema version that the queries are written for: PRAGMA user_version of the databases they can read. */
#ifndef EXU_QUERY_SCHEMA_VERSION_H
#define EXU_QUERY_SCHEMA_VERSION_H

#define EXU_SCHEMA_VERSION 1

#endif
