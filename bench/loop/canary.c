/*
 * What the machine itself does to a thread with real-time priority: absolute deadlines by clock_nanosleep, nothing else.
 * Run beside the control loop: an outlier of the loop that the canary shares belongs to the machine, one that it does not
 * share belongs to the loop or to its engine.
 *
 *   canary CPU PERIOD_US SECONDS FIFO_PRIORITY OUTLIER_US
 *
 * Prints "fifo 1" or "fifo 0", one line "AT_MS LATE_MS" for each wake-up later than OUTLIER_US (at most 10,000), and
 * "end COUNT MAX_MS". Times are CLOCK_MONOTONIC.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { linesMax = 10000 };
static double atMs[linesMax], lateMs[linesMax];

static double toMs(struct timespec t) { return t.tv_sec * 1e3 + t.tv_nsec / 1e6; }

int main(int count, char **words) {
  if (count != 6) return 2;
  cpu_set_t cpu;
  CPU_ZERO(&cpu);
  CPU_SET(atoi(words[1]), &cpu);
  sched_setaffinity(0, sizeof cpu, &cpu);
  const long periodNs = atol(words[2]) * 1000L;
  const long ticks = (long)(atof(words[3]) * 1e9 / periodNs);
  const double outlierMs = atof(words[5]) / 1e3;
  struct sched_param priority = {.sched_priority = atoi(words[4])};
  const int fifo = sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
  mlockall(MCL_CURRENT | MCL_FUTURE);
  long lines = 0;
  double maxMs = 0;
  struct timespec due;
  clock_gettime(CLOCK_MONOTONIC, &due);
  for (long i = 0; i < ticks; i++) {
    due.tv_nsec += periodNs;
    while (due.tv_nsec >= 1000000000L) due.tv_nsec -= 1000000000L, due.tv_sec++;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const double late = toMs(now) - toMs(due);
    if (late > maxMs) maxMs = late;
    if (late > outlierMs && lines < linesMax) atMs[lines] = toMs(now), lateMs[lines++] = late;
  }
  printf("fifo %d\n", fifo);
  for (long i = 0; i < lines; i++) printf("%.3f %.3f\n", atMs[i], lateMs[i]);
  printf("end %ld %.3f\n", ticks, maxMs);
  return 0;
}
