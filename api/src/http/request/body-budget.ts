import { ProblemError } from '../../answers/problem-error.ts';
import type { BodyLease, BodyMemory } from '../context/body-memory.ts';

export interface BodyBudgetOptions {
  /** Bytes of all bodies that are held at once. */
  readonly bytes: number;
  /** The part of it that bodies of more than {@link SMALL_BYTES} may take, so that small ones always find room. */
  readonly largeBytes: number;
  /** Seconds that a body may wait, unread, until there is room; 0 refuses it at once. */
  readonly waitSeconds: number;
}

/** A JPEG of 600 x 450 pixels has some 60 KB. */
const SMALL_BYTES = 1 << 20;

/** What is reserved for a body whose length is not told; it doubles as the body comes. */
const FIRST_RESERVATION = 64 * 1024;

/** Bodies that may wait; each has up to 64 KiB in the connection's buffer already. */
const MAX_WAITING = 256;

/** A body that comes at less than so many bytes a second, after so many, gives way to those that wait. */
const LEAST_RATE = 64 * 1024;
const RATE_GRACE_SECONDS = 2;

const LOOK_MS = 500;

interface Lease {
  reserved: number;
  received: number;
  complete: boolean;
  readonly since: number;
  readonly evict: (problem: ProblemError) => void;
}

interface Waiter {
  readonly bytes: number;
  /** Takes the room, in this very turn. */
  readonly admit: () => void;
}

/**
 * Memory for the bodies of all requests together. A body that finds no room waits for some seconds without being
 * read, and is refused then. Bodies that stall give way.
 *
 * A single large body is always admitted where no other is held, whatever the limits.
 */
export class BodyBudget implements BodyMemory {
  readonly #options: BodyBudgetOptions;
  readonly #leases = new Set<Lease>();
  readonly #waiting = new Set<Waiter>();
  #held = 0;
  #heldByLarge = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: BodyBudgetOptions) {
    this.#options = options;
  }

  /** Bytes that are reserved. */
  get held(): number {
    return this.#held;
  }

  async reserve(declared: number | undefined, signal: AbortSignal): Promise<BodyLease> {
    const bytes = declared ?? FIRST_RESERVATION;
    if (this.#waiting.size === 0 && this.#fits(bytes, 0)) return this.#lease(bytes);
    return this.#wait(bytes, signal);
  }

  #lease(bytes: number): BodyLease {
    let evict: (problem: ProblemError) => void;
    const evicted = new Promise<never>((_, reject) => {
      evict = reject;
    });
    // It may fire when nobody reads any more.
    evicted.catch(() => {});
    const lease: Lease = {
      reserved: 0,
      received: 0,
      complete: false,
      since: performance.now(),
      evict: (problem) => evict(problem),
    };
    this.#leases.add(lease);
    this.#change(lease, bytes);
    return {
      evicted,
      receive: (count) => {
        lease.received += count;
        if (lease.received <= lease.reserved) return;
        const more = Math.max(lease.received, 2 * lease.reserved);
        if (!this.#fits(more, lease.reserved)) throw this.#busy();
        this.#change(lease, more);
      },
      complete: () => {
        lease.complete = true;
        this.#change(lease, lease.received);
        this.#admitWaiting();
      },
      release: () => {
        if (!this.#leases.delete(lease)) return;
        this.#change(lease, 0);
        this.#admitWaiting();
      },
    };
  }

  #change(lease: Lease, bytes: number): void {
    this.#held += bytes - lease.reserved;
    this.#heldByLarge += large(bytes) - large(lease.reserved);
    lease.reserved = bytes;
  }

  /** @param already what of it is reserved */
  #fits(bytes: number, already: number): boolean {
    const { bytes: all, largeBytes } = this.#options;
    if (bytes <= SMALL_BYTES) return this.#held - already + bytes <= all;
    const others = this.#heldByLarge - large(already);
    if (others === 0) return true;
    return others + bytes <= largeBytes && this.#held - already + bytes <= all;
  }

  async #wait(bytes: number, signal: AbortSignal): Promise<BodyLease> {
    const { waitSeconds } = this.#options;
    if (waitSeconds === 0 || this.#waiting.size >= MAX_WAITING) throw this.#busy();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#waiting.delete(waiter);
        this.#watch();
      };
      const giveUp = (): void => {
        leave();
        reject(this.#busy());
      };
      const waiter: Waiter = {
        bytes,
        admit: () => {
          leave();
          resolve(this.#lease(bytes));
        },
      };
      const timer = setTimeout(giveUp, waitSeconds * 1000);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(waiter);
      this.#watch();
      this.#admitWaiting();
    });
  }

  /** In their order; but small ones do not wait for a large one that finds no room. */
  #admitWaiting(): void {
    let largeWaits = false;
    for (const { bytes, admit } of this.#waiting) {
      if (bytes > SMALL_BYTES && largeWaits) continue;
      if (this.#fits(bytes, 0)) admit();
      else if (bytes > SMALL_BYTES) largeWaits = true;
      else return;
    }
  }

  /** Looks for bodies that stall as long as others wait. */
  #watch(): void {
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else {
      this.#timer ??= setInterval(() => this.#evictSlowest(), LOOK_MS);
    }
  }

  #evictSlowest(): void {
    let slowest: Lease | undefined;
    let least = LEAST_RATE;
    for (const lease of this.#leases) {
      const seconds = (performance.now() - lease.since) / 1000;
      if (lease.complete || seconds < RATE_GRACE_SECONDS) continue;
      const rate = lease.received / seconds;
      if (rate >= least) continue;
      least = rate;
      slowest = lease;
    }
    slowest?.evict(tooSlow());
  }

  #busy(): ProblemError {
    const wait = Math.max(1, this.#options.waitSeconds);
    const detail = `the bodies of other requests take the memory there is; try again in ${wait} s`;
    return new ProblemError('busy', detail, { headers: { 'Retry-After': String(wait) } });
  }
}

function large(bytes: number): number {
  return bytes > SMALL_BYTES ? bytes : 0;
}

function tooSlow(): ProblemError {
  const detail =
    'the body came at less than 64 KiB a second while others waited; the connection is closed';
  return new ProblemError('request-timeout', detail, { headers: { Connection: 'close' } });
}
