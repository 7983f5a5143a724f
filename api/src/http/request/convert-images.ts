import type { Context } from 'hono';
import { sourceFormat } from '../../analysis/source-format.ts';
import { openImage } from '../../answers/open-image.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';
import type { UploadedImage } from './analyse-upload.ts';
import { withDeadline } from './with-deadline.ts';

/**
 * Converts those images of a request that are in formats which no decoder reads. Before an engine is chosen: this
 * takes time, and another version may be served then.
 *
 * @returns as many, in the same order; files in other formats as they were
 * @throws ProblemError `busy`, `timeout`
 */
export async function convertImages<T extends UploadedImage>(
  c: Context<AppEnv>,
  { converter, limits }: Pick<AppDependencies, 'converter' | 'limits'>,
  images: readonly T[],
): Promise<readonly UploadedImage[]> {
  const isConverted = (image: UploadedImage): image is Uint8Array<ArrayBuffer> => {
    const format = image instanceof Uint8Array ? sourceFormat(image) : undefined;
    return format !== undefined && converter?.formats.includes(format) === true;
  };
  if (!images.some(isConverted)) return images;
  return withDeadline(c, limits.timeoutSeconds, (signal) =>
    Promise.all(
      images.map(async (image) => {
        if (!isConverted(image)) return image;
        return openImage(image, limits, converter, signal).catch((error: unknown) => {
          if (error instanceof ProblemError) return error;
          throw error;
        });
      }),
    ),
  );
}
