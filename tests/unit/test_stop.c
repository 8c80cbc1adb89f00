/* Stopping a live process: no signal gets lost, even when the one who stops it is killed while it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dump/stop.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 300
#define LIMIT_MS 2000

struct shared {
    atomic_uint received, stopped, with_signal;
    atomic_bool ready, enough;
};
static struct shared *shared;

static void on_signal(int number)
{
    (void)number;
    atomic_fetch_add(&shared->received, 1);
}

/* Does nothing but receive. Of real-time signals each is delivered. */
static pid_t start_subject(void)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    signal(SIGRTMIN, on_signal);
    atomic_store(&shared->ready, true);
    for (;;)
        continue;
}

/* Sends until it is enough; its exit status says whether all went out, *shared->sent how many. */
static pid_t start_sender(pid_t to, atomic_uint *sent)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    while (!atomic_load(&shared->enough))
        if (sigqueue(to, SIGRTMIN, (union sigval){0}) == 0)
            atomic_fetch_add(sent, 1);
        else if (errno != EAGAIN) /* too many are pending */
            _exit(1);
    _exit(0);
}

/* Stops the subject, and is killed; or lets it go. */
static void stop_it(pid_t pid, bool killed)
{
    pid_t tracer = fork();
    assert_true(tracer >= 0);
    if (tracer == 0) {
        struct exu_stop stop = {.pid = pid, .most_ms = LIMIT_MS};
        struct exu_error *error = exu_stop_all(&stop);
        if (error)
            _exit(errno == EPERM ? 77 : 1);
        atomic_fetch_add(&shared->stopped, 1);
        atomic_fetch_add(&shared->with_signal, stop.threads.items[0].signal != 0);
        if (killed)
            kill(getpid(), SIGKILL);
        exu_stop_end(&stop);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(tracer, &status, 0), tracer);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_true(killed ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_signals(bool killed)
{
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    atomic_uint *sent = (atomic_uint *)(shared + 1);
    pid_t subject = start_subject();
    while (!atomic_load(&shared->ready))
        usleep(1000);
    pid_t sender = start_sender(subject, sent);
    for (unsigned i = 0; i < ROUNDS; i++)
        stop_it(subject, killed);
    atomic_store(&shared->enough, true);
    int status;
    assert_int_equal(waitpid(sender, &status, 0), sender);
    assert_int_equal(status, 0);
    for (unsigned i = 0; i < 5000 && atomic_load(&shared->received) < atomic_load(sent); i++)
        usleep(1000);
    print_message("%u signals, %u stops, %u of them with a signal\n", atomic_load(sent), atomic_load(&shared->stopped),
                  atomic_load(&shared->with_signal));
    assert_int_equal(atomic_load(&shared->stopped), ROUNDS);
    assert_int_equal(atomic_load(&shared->received), atomic_load(sent));
    kill(subject, SIGKILL);
    waitpid(subject, NULL, 0);
    munmap(shared, 4096);
}

static void test_let_go(void **state)
{
    (void)state;
    test_signals(false);
}

static void test_killed(void **state)
{
    (void)state;
    test_signals(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_let_go),
        cmocka_unit_test(test_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
