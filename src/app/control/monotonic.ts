/**
 * One monotonic clock for all threads of the process, in milliseconds. `performance.now()` starts at zero in each thread;
 * the offset to the system's monotonic clock is taken once per thread.
 */
const systemMs = (): number => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
};
const offsetMs = systemMs() - performance.now();

export const monotonicMs = (): number => performance.now() + offsetMs;
