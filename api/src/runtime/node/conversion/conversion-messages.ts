import type { Converted } from '../../../analysis/file-converter.ts';
import type { SourceFormat } from '../../../analysis/source-format.ts';

/** `workerData` of the thread. */
export interface ConversionSetup {
  readonly maxPixels: number;
}

/** To the thread: one file at a time. */
export interface ConversionRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly format: SourceFormat;
}

/** From the thread. */
export type ConversionReply = Converted;
