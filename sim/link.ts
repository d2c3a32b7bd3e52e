/**
 * The state of one device's link as a test or a person has spoiled it, and of the program that answers behind it. The in-memory bridge obeys it in virtual time; the
 * register faces obey the same object on real sockets.
 */
export class Link {
  /** Replies come this much later, ms. */
  delayMs = 0;
  /** Share of requests that get no reply. */
  lossShare = 0;
  /** It answers, and its values stand still, the device's own clock and counters too. Writes still arrive. */
  frozen = false;
  /** It takes requests and answers none; connections stay. Cleared, it carries out what has piled up. */
  hung = false;
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
    this.hung = false;
    this.garbage = false;
    this.late = false;
    this.down = false;
  }

  get spoiled(): boolean {
    const { delayMs, lossShare, frozen, hung, garbage, late, down } = this;
    return delayMs > 0 || lossShare > 0 || frozen || hung || garbage || late || down;
  }
}
