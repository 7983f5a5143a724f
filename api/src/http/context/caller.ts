/** Who sent a request, as far as the runtime knows it. */
export interface Caller {
  /** Address, for limits alone: it is never logged. */
  readonly address?: string;
  /** Whether it came by https, at least up to the gateway. */
  readonly https: boolean;
}
