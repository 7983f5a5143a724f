/** Who may ask. */
export interface KeyCheck {
  /** Name of the client that a key belongs to; undefined where it is no key. */
  clientOf(key: string): Promise<string | undefined>;
}
