/* A process that reads a stranger's file gives up beforehand what reading doesn't need: a mistake in a parser, ours or a
 * library's, is then not the stranger's hand on this machine.
 *
 * What holds from exu_sandbox_enter on, for the calling thread and those that it starts, without a way back:
 *  - by landlock (Linux 5.13): no file is written, made, renamed or removed outside the folders given, and nothing is
 *    executed. In the output's folder no file is written at all but those that are open already.
 *  - by seccomp (libseccomp; a list of the system calls that are allowed, all others say EPERM): no network, no program
 *    executed, no process made, traced, read or signalled but this one, no memory made executable, no ioctl but the
 *    terminal's size and mode.
 * What does not: files are still read, as far as the user may read them, since a dump names the binaries and debug files
 * that belong to it; what is read can reach the output and nothing else. In the output's folder files can still be renamed
 * and removed, because the output comes into being by a rename.
 *
 * A kernel that has neither is no error, nor is a container's own filter that refuses them: what is in force is told. */
#ifndef EXU_BASE_SANDBOX_H
#define EXU_BASE_SANDBOX_H

#include "base/base.h"

#define EXU_SANDBOX_TEXT 160

struct exu_sandbox {
    const char *output_folder; /* of the output, which is open; NULL: none */
    const char *folders[4];    /* for temporary files: in them files are made, written and removed; NULLs are skipped */
};

/* Before any other thread is started. ret_text: what is in force, as meta.sandbox has it: 'seccomp, landlock 2',
 * 'none: the kernel offers neither'. */
void exu_sandbox_enter(const struct exu_sandbox *sandbox, char ret_text[static EXU_SANDBOX_TEXT]);

#endif
