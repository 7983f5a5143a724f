import type { Sex } from '@naevus/shared/answer/patient-spec';
import type { CheckedImage, ImageFailure } from './engine.ts';
import type { SourceFormat } from './source-format.ts';

/** A file that was converted to one that decoders read. */
export type Converted =
  | { readonly ok: true; readonly image: ConvertedImage }
  | { readonly ok: false; readonly failure: Exclude<ImageFailure, { kind: 'crashed' }> };

export interface ConvertedImage extends CheckedImage {
  readonly source: NonNullable<CheckedImage['source']>;
  /** What the file says of the patient. */
  readonly patient?: StatedPatient;
}

/** What a file says of a patient, as a query would; what it does not say, or in other words, is undefined. */
export interface StatedPatient {
  /** Years. */
  readonly age?: number;
  readonly sex?: Sex;
  /** A name of a body site, or its SNOMED CT code. */
  readonly site?: string;
}

/** Converts files in formats that no decoder reads to JPEG or PNG. */
export interface FileConverter {
  /** Formats that are converted here. */
  readonly formats: readonly SourceFormat[];
  /**
   * @param bytes the whole file; its memory may be taken away
   * @param signal when it fires, the file is no longer waited for
   * @throws EngineError `busy`, `timeout`
   */
  convert(
    bytes: Uint8Array<ArrayBuffer>,
    format: SourceFormat,
    signal: AbortSignal,
  ): Promise<Converted>;
}
