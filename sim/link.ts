/**
 * The state of one device's link as a test or a person has spoiled it. The in-memory bridge obeys it in virtual time; the
 * register faces obey the same object on real sockets.
 */
export class Link {
  /** Replies come this much later, ms. */
  delayMs = 0;
  /** Share of requests that get no reply. */
  lossShare = 0;
  /** The reply repeats the last values, as if fresh. */
  frozen = false;
  /** Replies are bytes without sense: a strict reader refuses them. */
  garbage = false;
  /** Replies come after the reader has given up; writes are executed late. */
  late = false;
  /** Nothing goes through. */
  down = false;

  clear(): void {
    this.delayMs = 0;
    this.lossShare = 0;
    this.frozen = false;
    this.garbage = false;
    this.late = false;
    this.down = false;
  }

  get spoiled(): boolean {
    return this.delayMs > 0 || this.lossShare > 0 || this.frozen || this.garbage || this.late || this.down;
  }
}
