/* base/sandbox: what a child may still do in it, and what it may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char top[] = "/tmp/exu-sandbox-XXXXXX";
static char output_folder[128], temporary[128], outside[128], output[160], unfinished[160];
static int open_output; /* as load has it, from before */
static pid_t parent;

static void make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(top))
        return -1;
    snprintf(output_folder, sizeof output_folder, "%s/output", top);
    snprintf(temporary, sizeof temporary, "%s/temporary", top);
    snprintf(outside, sizeof outside, "%s/outside", top);
    snprintf(output, sizeof output, "%s/output/core.db", top);
    snprintf(unfinished, sizeof unfinished, "%s/output/core.db.tmp", top);
    if (mkdir(output_folder, 0700) || mkdir(temporary, 0700) || mkdir(outside, 0700))
        return -1;
    make_file(unfinished);
    open_output = open(unfinished, O_RDWR | O_CLOEXEC);
    parent = getpid();
    return open_output < 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[160];
    snprintf(command, sizeof command, "rm -rf %s", top);
    return system(command) != 0;
}

static const char *beside(const char *folder, const char *name)
{
    static char path[2][256];
    static unsigned turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* ---- what is tried; each true when the system refused ---- */

static bool refused(long result)
{
    return result < 0 && (errno == EPERM || errno == EACCES);
}

static bool no_socket(void)
{
    int ends[2];
    return refused(socket(AF_INET, SOCK_STREAM, 0)) && refused(socket(AF_UNIX, SOCK_STREAM, 0)) &&
           refused(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}

static bool no_program(void)
{
    char *const words[] = {(char *)(uintptr_t) "true", NULL};
    return refused(execv("/bin/true", words));
}

static bool no_process(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return refused(child);
}

static bool no_other_process(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};
#if !defined(__SANITIZE_ADDRESS__) /* LeakSanitizer's */
    if (!refused(ptrace(PTRACE_SEIZE, parent, 0, 0)))
        return false;
#endif
    return refused(process_vm_readv(parent, &here, 1, &there, 1, 0)) && refused(kill(parent, 0)) &&
           refused(process_vm_writev(parent, &here, 1, &there, 1, 0));
}

static bool no_executable_memory(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && refused(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static bool no_file_outside(void)
{
    return refused(open(beside(outside, "new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) &&
           refused(open(beside(outside, "there"), O_WRONLY | O_CLOEXEC)) &&
           refused(open(beside(outside, "there"), O_RDONLY | O_TRUNC | O_CLOEXEC)) &&
           refused(unlink(beside(outside, "there"))) && refused(mkdir(beside(outside, "folder"), 0700)) &&
           refused(rename(beside(outside, "there"), beside(outside, "here"))) && refused(open(outside, O_TMPFILE | O_RDWR, 0600));
}

static bool no_other_output(void)
{
    return refused(open(beside(output_folder, "there"), O_WRONLY | O_CLOEXEC)) &&
           refused(open(beside(output_folder, "there"), O_RDONLY | O_TRUNC | O_CLOEXEC));
}

static void *nothing(void *argument)
{
    return argument;
}

/* Everything that a load does. */
static bool work_goes_on(void)
{
    pthread_t thread;
    struct stat status;
    char page[64];
    int fd = open(beside(outside, "there"), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0 || read(fd, page, sizeof page) < 0 || close(fd) != 0)
        return false;
    fd = open(beside(temporary, "unpacked"), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1 || unlink(beside(temporary, "unpacked")) != 0 || close(fd) != 0)
        return false;
    fd = open(temporary, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
    if ((fd < 0 && errno != EOPNOTSUPP) || (fd >= 0 && (write(fd, "x", 1) != 1 || close(fd) != 0)))
        return false;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        return false;
    return pwrite(open_output, "x", 1, 0) == 1 && fsync(open_output) == 0 && rename(unfinished, output) == 0;
}

/* ---- */

static bool by_seccomp, by_landlock;

/* In a child, in the sandbox, whether it said yes. */
static bool inside(bool (*tried)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        char text[EXU_SANDBOX_TEXT];
        const struct exu_sandbox sandbox = {.output_folder = output_folder, .folders = {temporary}};
        exu_sandbox_enter(&sandbox, text);
        bool told = pwrite(open_output, text, sizeof text, 0) == sizeof text;
        _exit(told && tried() ? 0 : 1);
    }
    int status = 1;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool nothing_tried(void)
{
    return true;
}

static void tells_what_is_in_force(void **state)
{
    (void)state;
    char text[EXU_SANDBOX_TEXT] = "";
    make_file(beside(outside, "there"));
    make_file(beside(output_folder, "there"));
    assert_true(inside(nothing_tried));
    assert_int_equal(pread(open_output, text, sizeof text, 0), sizeof text);
    by_seccomp = strstr(text, "seccomp") == text;
    by_landlock = strstr(text, "landlock ") && !strstr(text, "no landlock");
    print_message("in force: %s\n", text);
    assert_true(by_seccomp || by_landlock || strcmp(text, "none: the kernel offers neither") == 0);
}

static void seccomp_refuses(void **state)
{
    (void)state;
    if (!by_seccomp)
        skip();
    assert_true(inside(no_socket));
    assert_true(inside(no_process));
    assert_true(inside(no_other_process));
    assert_true(inside(no_executable_memory));
    assert_true(inside(no_program));
}

static void landlock_refuses(void **state)
{
    (void)state;
    if (!by_landlock)
        skip();
    assert_true(inside(no_file_outside));
    assert_true(inside(no_other_output));
    assert_true(inside(no_program));
}

static void a_load_can_work(void **state)
{
    (void)state;
    struct stat status;
    assert_true(inside(work_goes_on));
    assert_int_equal(stat(output, &status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_is_in_force),
        cmocka_unit_test(seccomp_refuses),
        cmocka_unit_test(landlock_refuses),
        cmocka_unit_test(a_load_can_work),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
