import type { CheckedImage } from '../analysis/engine.ts';
import type { ConvertedImage, FileConverter } from '../analysis/file-converter.ts';
import { sourceFormat } from '../analysis/source-format.ts';
import { checkImage, checkSize } from './check-image.ts';
import { problemOfFailure } from './problem-of-failure.ts';
import type { Limits } from './request-limits.ts';

/**
 * An image file as engines take it: converted where no decoder reads its format, and held against the limits before
 * its pixels are decoded.
 *
 * @param converter without one, files in such formats are refused
 * @throws ProblemError about the file; EngineError where the converter gives no answer
 */
export async function openImage(
  bytes: Uint8Array<ArrayBuffer>,
  limits: Limits,
  converter: FileConverter | undefined,
  signal: AbortSignal,
): Promise<CheckedImage | ConvertedImage> {
  const format = sourceFormat(bytes);
  if (format === undefined || !converter?.formats.includes(format)) {
    return checkImage(bytes, limits, converter?.formats);
  }
  const converted = await converter.convert(bytes, format, signal);
  if (!converted.ok) throw problemOfFailure(converted.failure);
  checkSize(converted.image.source, limits);
  return converted.image;
}
