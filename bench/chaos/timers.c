// Timers of the monotonic clocks as the kernel has them: libfaketime moves them by what it moves the calendar's clock,
// so that a process whose clock is an hour behind sleeps for an hour longer. Preloaded ahead of libfaketime.

#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int timerfd_settime(int timer, int flags, const struct itimerspec *when, struct itimerspec *before) {
    return (int)syscall(SYS_timerfd_settime, timer, flags, when, before);
}

int timerfd_gettime(int timer, struct itimerspec *left) {
    return (int)syscall(SYS_timerfd_gettime, timer, left);
}
