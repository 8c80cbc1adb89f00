#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* LeakSanitizer stops the threads at the end: by ptrace, from a process of its own that shares our memory. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* ---- landlock: Documentation/userspace-api/landlock.rst of Linux ---- */

/* What each version of the interface added; Debian 12's headers end at the second. */
#define REFER (1u << 13)    /* 2 */
#define TRUNCATE (1u << 14) /* 3 */
#define IOCTL_DEV (1u << 15) /* 5 */

static int create_ruleset(const struct landlock_ruleset_attr *attributes, size_t size, uint32_t flags)
{
    return (int)syscall(SYS_landlock_create_ruleset, attributes, size, flags);
}

static bool allow_beneath(int rules, const char *folder, uint64_t access)
{
    if (!folder)
        return true;
    struct landlock_path_beneath_attr rule = {.allowed_access = access,
                                              .parent_fd = open(folder, O_PATH | O_CLOEXEC | O_DIRECTORY)};
    if (rule.parent_fd < 0)
        return true; /* then nothing can be made in it either */
    bool allowed = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(rule.parent_fd);
    return allowed;
}

/* The version in force; 0 when there is none, with errno. */
static int enter_landlock(const struct exu_sandbox *sandbox)
{
    int version = create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version <= 0)
        return 0;
    uint64_t make = LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
    uint64_t write = LANDLOCK_ACCESS_FS_WRITE_FILE;
    struct landlock_ruleset_attr attributes = {
        .handled_access_fs = make | write | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                             LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                             LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM};
    if (version >= 2)
        attributes.handled_access_fs |= REFER;
    if (version >= 3) {
        attributes.handled_access_fs |= TRUNCATE;
        write |= TRUNCATE;
    }
    if (version >= 5)
        attributes.handled_access_fs |= IOCTL_DEV;
    /* Later members of the structure stay away: the network and the signals are seccomp's. */
    int rules = create_ruleset(&attributes, sizeof attributes.handled_access_fs, 0);
    if (rules < 0)
        return 0;
    bool allowed = allow_beneath(rules, sandbox->output_folder, make);
    for (size_t i = 0; allowed && i < EXU_COUNT(sandbox->folders); i++)
        allowed = allow_beneath(rules, sandbox->folders[i], make | write);
    if (!allowed || syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        version = 0;
    int number = errno;
    close(rules);
    errno = number;
    return version;
}

/* ---- seccomp ---- */

#ifdef EXU_WITH_SECCOMP
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>

#define ANY(name) {SCMP_SYS(name), 0, {{0}}}
#define ONLY(name, test) {SCMP_SYS(name), 1, {test}}

/* What glibc, SQLite, libelf, libdwarf, the decompressors and we ourselves call. */
static bool allow_calls(scmp_filter_ctx filter)
{
    const scmp_datum_t self = (scmp_datum_t)getpid();
    const struct allowed {
        int call;
        unsigned tests;
        struct scmp_arg_cmp test[1];
    } calls[] = {
        /* files */
        ANY(read), ANY(pread64), ANY(readv), ANY(preadv), ANY(write), ANY(pwrite64), ANY(writev), ANY(pwritev), ANY(open),
        ANY(openat), ANY(close), ANY(lseek), ANY(stat), ANY(lstat), ANY(fstat), ANY(newfstatat), ANY(statx), ANY(statfs),
        ANY(fstatfs), ANY(access), ANY(faccessat), ANY(faccessat2), ANY(readlink), ANY(readlinkat), ANY(getdents64),
        ANY(getcwd), ANY(fsync), ANY(fdatasync), ANY(sync_file_range), ANY(ftruncate), ANY(fallocate), ANY(fadvise64),
        ANY(flock), ANY(fchmod), ANY(fchown), ANY(unlink), ANY(unlinkat), ANY(rename), ANY(renameat), ANY(renameat2),
        ANY(link), ANY(linkat), ANY(dup), ANY(poll), ANY(ppoll), ANY(select), ANY(pselect6), ANY(umask),
        /* not: F_SETOWN and F_SETSIG, which send signals */
        ONLY(fcntl, SCMP_A1(SCMP_CMP_EQ, F_GETFD)), ONLY(fcntl, SCMP_A1(SCMP_CMP_EQ, F_SETFD)),
        ONLY(fcntl, SCMP_A1(SCMP_CMP_EQ, F_GETFL)), ONLY(fcntl, SCMP_A1(SCMP_CMP_EQ, F_SETFL)),
        ONLY(fcntl, SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC)), ONLY(fcntl, SCMP_A1(SCMP_CMP_EQ, F_GETLK)),
        ONLY(fcntl, SCMP_A1(SCMP_CMP_EQ, F_SETLK)), ONLY(fcntl, SCMP_A1(SCMP_CMP_EQ, F_SETLKW)),
        ONLY(ioctl, SCMP_A1(SCMP_CMP_EQ, TCGETS)), ONLY(ioctl, SCMP_A1(SCMP_CMP_EQ, TIOCGWINSZ)),
        /* memory */
        ONLY(mmap, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)), ONLY(mprotect, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)),
        ANY(munmap), ANY(mremap), ANY(madvise), ANY(mincore), ANY(msync), ANY(brk),
        /* threads; clone3 can't be told from a fork, and glibc falls back to clone */
        ONLY(clone, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)), ANY(futex), ANY(set_robust_list), ANY(rseq),
        ANY(set_tid_address), ANY(sched_yield), ANY(sched_getaffinity), ANY(gettid), ANY(exit), ANY(exit_group),
        ANY(restart_syscall), ANY(membarrier), ANY(getcpu),
        /* signals, to ourselves */
        ANY(rt_sigaction), ANY(rt_sigprocmask), ANY(rt_sigreturn), ANY(sigaltstack),
        ONLY(tgkill, SCMP_A0(SCMP_CMP_EQ, self)), ONLY(kill, SCMP_A0(SCMP_CMP_EQ, self)),
        /* asking */
        ANY(getpid), ANY(getppid), ANY(getuid), ANY(geteuid), ANY(getgid), ANY(getegid), ANY(getrusage), ANY(getrlimit),
        ONLY(prlimit64, SCMP_A0(SCMP_CMP_EQ, 0)), ANY(uname), ANY(sysinfo), ANY(times), ANY(time), ANY(gettimeofday),
        ANY(clock_gettime), ANY(clock_getres), ANY(clock_nanosleep), ANY(nanosleep), ANY(getrandom),
#ifdef SANITIZED
        ANY(ptrace), ANY(wait4), ANY(prctl), ANY(arch_prctl), ANY(getdents),
        ONLY(clone, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_UNTRACED, CLONE_UNTRACED)),
#endif
    };
    for (size_t i = 0; i < EXU_COUNT(calls); i++)
        if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[i].call, calls[i].tests, calls[i].test) != 0)
            return false;
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

static bool enter_seccomp(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return false;
    /* The kernel kills who calls by another architecture's numbers. */
    bool entered = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 && allow_calls(filter) &&
                   seccomp_load(filter) == 0;
    seccomp_release(filter);
    return entered;
}
#else
static bool enter_seccomp(void)
{
    return false;
}
#endif

/* ---- */

void exu_sandbox_enter(const struct exu_sandbox *sandbox, char ret_text[static EXU_SANDBOX_TEXT])
{
    bool seccomp = false;
    int landlock = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
        landlock = enter_landlock(sandbox);
        seccomp = enter_seccomp();
    }
    const char *lacking = "";
    if (!seccomp)
        lacking = "; no seccomp: the kernel refuses it";
#ifndef EXU_WITH_SECCOMP
    lacking = "; no seccomp: built without libseccomp";
#endif
    if (landlock)
        snprintf(ret_text, EXU_SANDBOX_TEXT, "%slandlock %d%s", seccomp ? "seccomp, " : "", landlock, lacking);
    else if (seccomp)
        snprintf(ret_text, EXU_SANDBOX_TEXT, "seccomp; no landlock: the kernel lacks it");
    else
        snprintf(ret_text, EXU_SANDBOX_TEXT, "none: the kernel offers neither");
}
