/* What programs that read exuvia's databases or run its command line may rely on. */
#ifndef EXUVIA_EXUVIA_H
#define EXUVIA_EXUVIA_H

/* PRAGMA application_id and user_version of a database that `exuvia load` wrote. */
#define EXUVIA_APPLICATION_ID 0x45585556 /* 'EXUV' */
#define EXUVIA_SCHEMA_VERSION 14

/* Exit statuses. */
enum exuvia_status {
    EXUVIA_DONE = 0,
    EXUVIA_NONE_FOUND = 1, /* the answer is 'none', or an assertion failed */
    EXUVIA_USAGE = 2,      /* the words are off */
    EXUVIA_INPUT = 3,      /* the input can't be used */
    EXUVIA_MACHINE = 4,    /* the machine failed us: disk full, no memory */
};

#endif
