/** What a key may be for: images and models, or the figures at /metrics. */
export const KEY_SCOPES = ['predict', 'metrics'] as const;

export type KeyScope = (typeof KEY_SCOPES)[number];

/** Whether a text names a scope. */
export function isKeyScope(text: string): text is KeyScope {
  return (KEY_SCOPES as readonly string[]).includes(text);
}

/** Who a key belongs to. */
export interface Client {
  readonly name: string;
  readonly scopes: readonly KeyScope[];
}

/** Who may ask. */
export interface KeyCheck {
  /** The client that a key belongs to; undefined where it is no key. */
  clientOf(key: string): Promise<Client | undefined>;
}
