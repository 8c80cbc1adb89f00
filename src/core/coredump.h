/* What systemd-coredump wrote down about a core that it stored: in the file's name, in its extended attributes, in the journal. All
 * of it is text that the crashed process could choose: bounded, and nothing but shown depends on it.
 *
 * Files are called core.COMM.UID.BOOTID.PID.TIMESTAMP, with .zst, .lz4 or .xz when compressed (coredump.c of systemd). */
#ifndef EXU_CORE_COREDUMP_H
#define EXU_CORE_COREDUMP_H

#include "base/bump.h"
#include "base/error.h"

enum exu_coredump_fact {
    EXU_COREDUMP_PID,
    EXU_COREDUMP_UID,
    EXU_COREDUMP_GID,
    EXU_COREDUMP_SIGNAL,
    EXU_COREDUMP_TIMESTAMP, /* microseconds since 1970 */
    EXU_COREDUMP_RLIMIT,
    EXU_COREDUMP_COMM,
    EXU_COREDUMP_EXE,
    EXU_COREDUMP_HOSTNAME,
    /* only in the journal */
    EXU_COREDUMP_CMDLINE,
    EXU_COREDUMP_CGROUP,
    EXU_COREDUMP_UNIT,
    EXU_COREDUMP_PACKAGE_NAME,
    EXU_COREDUMP_PACKAGE_VERSION,
    EXU_COREDUMP_FACTS
};

#define EXU_COREDUMP_TEXT 4096 /* bytes of one, at most; what is longer is cut */

/* NULL = not known. Texts live in the bump that was given. */
struct exu_coredump {
    const char *texts[EXU_COREDUMP_FACTS];
};

/* 'pid', 'package_name'; in the journal in capitals, behind COREDUMP_. */
const char *exu_coredump_fact_name(enum exu_coredump_fact fact);
bool exu_coredump_is_number(enum exu_coredump_fact fact);
/* False: it is no number, or not known. */
bool exu_coredump_number(const struct exu_coredump *c, enum exu_coredump_fact fact, uint64_t *ret);
/* Takes a fact as it stands somewhere, unless it is known already; numbers that are none are passed over. False: no memory. */
bool exu_coredump_take(struct exu_coredump *c, enum exu_coredump_fact fact, const char *text, size_t size, struct exu_bump *bump);
/* The name of a stored core, without its folder: true when it is one. */
bool exu_coredump_of_name(struct exu_coredump *c, const char *name, struct exu_bump *bump);
/* Of a file: the attributes first, then its name. Other files than regular ones have nothing. */
EXU_MUST_CHECK struct exu_error *exu_coredump_of_file(struct exu_coredump *c, const char *path, struct exu_bump *bump);

/* The core to read of a folder with stored cores: the only one, or, with a pid (0: none was given), the newest of that process. NULL in
 * *ret_path: there is none in it. Errors: there are several (which lists the newest); none of that pid. The path is to be freed. */
EXU_MUST_CHECK struct exu_error *exu_coredump_choose(const char *folder, uint64_t pid, char **ret_path);

#endif
