/** What is left to a client after a request was counted. */
export interface RateLimitState {
  readonly allowed: boolean;
  /** Requests that it may still send before the window ends; left out where that is not known. */
  readonly remaining?: number;
  /** Until the window ends and the count restarts. */
  readonly resetSeconds: number;
}

/** Counts requests for each client. */
export interface RateLimit {
  /** Requests a window, and its length. */
  readonly requests: number;
  readonly windowSeconds: number;
  /** Counts one request; never throws, whatever happens to where the counts are kept. */
  count(client: string): Promise<RateLimitState>;
}
