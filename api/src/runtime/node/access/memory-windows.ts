import type { RateLimitState } from '../../../http/context/rate-limit.ts';

interface Window {
  count: number;
  /** By the clock that never goes back, in milliseconds. */
  readonly endsAt: number;
}

/** Clients whose windows have ended are forgotten once there are so many, and not more often than once a window. */
const SWEPT_FROM = 1000;

/** Counts requests of clients in this process, in windows that begin with a client's first request. */
export class MemoryWindows {
  readonly #requests: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();
  #sweptAt = 0;

  /** @param now milliseconds of a clock that is never set */
  constructor(requests: number, windowSeconds: number, now = () => performance.now()) {
    this.#requests = requests;
    this.#windowMs = windowSeconds * 1000;
    this.#now = now;
  }

  /** Clients that are remembered. */
  get size(): number {
    return this.#windows.size;
  }

  count(client: string): RateLimitState {
    const now = this.#now();
    let window = this.#windows.get(client);
    if (window === undefined || window.endsAt <= now) {
      this.#sweep(now);
      window = { count: 0, endsAt: now + this.#windowMs };
      this.#windows.set(client, window);
    }
    window.count++;
    return {
      allowed: window.count <= this.#requests,
      remaining: Math.max(0, this.#requests - window.count),
      resetSeconds: Math.ceil((window.endsAt - now) / 1000),
    };
  }

  #sweep(now: number): void {
    if (this.#windows.size < SWEPT_FROM || now < this.#sweptAt + this.#windowMs) return;
    this.#sweptAt = now;
    for (const [client, { endsAt }] of this.#windows) {
      if (endsAt <= now) this.#windows.delete(client);
    }
  }
}
