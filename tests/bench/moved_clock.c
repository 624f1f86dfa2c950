/* A clock that is moved, for a program under LD_PRELOAD: all its clocks run ahead by the milliseconds that the file
   KEENLANCE_CLOCK holds as a number of the machine. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t* ahead(void) {
    static const volatile int64_t none;
    static const volatile int64_t* found;
    if (found == NULL) {
        const char* path = getenv("KEENLANCE_CLOCK");
        const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
        void* room = file < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, file, 0);
        if (file >= 0) close(file);
        found = room == MAP_FAILED ? &none : room;
    }
    return found;
}

int clock_gettime(clockid_t clock, struct timespec* time) {
    const int status = (int)syscall(SYS_clock_gettime, clock, time);
    if (status != 0) return status;
    const int64_t milliseconds = *ahead();
    time->tv_sec += milliseconds / 1000;
    time->tv_nsec += milliseconds % 1000 * 1000000;
    if (time->tv_nsec >= 1000000000) {
        time->tv_nsec -= 1000000000;
        ++time->tv_sec;
    }
    return 0;
}

time_t time(time_t* result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result != NULL) *result = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}
