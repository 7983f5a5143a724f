/** Memory for the bodies of all requests together. */
export interface BodyMemory {
  /**
   * Waits for room, if it has to.
   *
   * @param declared bytes of the body, where its length is told
   * @param signal fires when the client has gone
   * @throws ProblemError `busy` when there is no room for it
   */
  reserve(declared: number | undefined, signal: AbortSignal): Promise<BodyLease>;
}

/** Room for one body, from before it is read until its request is answered. */
export interface BodyLease {
  /** Rejects when the body has come too slowly while others waited. */
  readonly evicted: Promise<never>;
  /** Counts bytes that came; throws ProblemError `busy` where they are more than were reserved, and there is no room. */
  receive(bytes: number): void;
  /** All of it is here. */
  complete(): void;
  release(): void;
}
