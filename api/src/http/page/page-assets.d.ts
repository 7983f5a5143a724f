// Written by `build-page-assets.mjs`.

interface Described {
  /** Media type. */
  readonly type: string;
  /** Strong entity tag, of the content's digest. */
  readonly etag: string;
}

/** One file that the page loads. */
export interface PageAsset extends Described {
  readonly body: Uint8Array<ArrayBuffer>;
}

/** By file name. */
export const assets: Readonly<Record<string, PageAsset>>;

/** What runs in a worker of the page, with the modules it compiles: too large to lie in memory always. */
export const files: Readonly<Record<string, Described>>;
