/** One file that the page loads. */
export interface PageAsset {
  readonly type: string;
  /** Strong entity tag, of the body's digest. */
  readonly etag: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** By file name; the module is written by `build-page-assets.mjs`. */
export const assets: Readonly<Record<string, PageAsset>>;
