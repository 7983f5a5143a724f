import type { ImageHeader } from '@naevus/shared/image/header/image-header';
import { decodeWithSharp, type SharpModule } from '@naevus/shared/image/sharp-decode';
import { type ImageDecoder, UnservedImageError } from '../../../analysis/ports.ts';
import { createFileCheck, createWasmDecoder } from '../../../wasm/image-decoder.ts';
import { NoNativeModuleError } from './native-modules.ts';

/** Memory that the codecs may take beside sharp, in bytes: a JPEG that needs more goes there. */
const CODECS_MEMORY = 64 << 20;

/** The same where there is no sharp, and to check what sharp decodes. */
const ONLY_CODECS_MEMORY = 256 << 20;

export interface NodeDecoderOptions {
  /** `wasm/codecs/decoder.wasm`, compiled. */
  readonly codecs: WebAssembly.Module;
  /** Called when sharp is first needed; throws NoNativeModuleError where it has no build. */
  readonly sharp: () => SharpModule;
  readonly maxPixels: number;
  /** Called when it has none; throws where nothing may stand in for it. */
  readonly onNoSharp: (error: NoNativeModuleError) => void;
}

/**
 * The decoder of the Node server: JPEGs of grey or YCbCr in sRGB in WebAssembly on the calling thread, everything
 * else in sharp. JPEGs and WebPs that sharp decodes are checked in WebAssembly first: libjpeg's warnings, which are of
 * what changes pixels and of what does not, come through sharp all together or not at all, and libwebp has none.
 *
 * Both decode with libjpeg's exact inverse DCT, to the same bytes (a large JPEG to within what
 * `PREPROCESSING` allows). In WebAssembly an image of 600 x 450 costs 0.8 ms of CPU time where sharp
 * takes 2.4 and the hops between its threads, and whatever the file holds, the process survives it.
 */
export function createNodeDecoder(options: NodeDecoderOptions): ImageDecoder {
  const { codecs, maxPixels } = options;
  const decodeJpeg = createWasmDecoder(codecs, CODECS_MEMORY);
  const checkFile = createFileCheck(codecs, ONLY_CODECS_MEMORY);
  let standIn: ImageDecoder | undefined;
  return async (file, header, use) => {
    if (standIn) return standIn(file, header, use);
    if (isPlainJpeg(header)) {
      try {
        return await decodeJpeg(file, header, use);
      } catch (error) {
        if (!(error instanceof UnservedImageError)) throw error;
      }
    }
    let sharp: SharpModule;
    try {
      sharp = options.sharp();
    } catch (error) {
      if (!(error instanceof NoNativeModuleError)) throw error;
      options.onNoSharp(error);
      standIn = createOnlyWasmDecoder(codecs);
      return standIn(file, header, use);
    }
    let failOnWarning = false;
    if (header.format !== 'png') {
      try {
        checkFile(file, header);
      } catch (error) {
        if (!(error instanceof UnservedImageError)) throw error;
        failOnWarning = header.format === 'jpeg';
      }
    }
    const bytes = header.format === 'jpeg' ? withJpegEnd(file) : file;
    return use(await decodeWithSharp(sharp, bytes, { header, maxPixels, failOnWarning }));
  };
}

function isPlainJpeg({ format, iccProfile, declaredColours, channels }: ImageHeader): boolean {
  return format === 'jpeg' && !iccProfile && declaredColours === undefined && channels !== 4;
}

/** With an end of the image: sharp takes a file without one for cut off, even if it has all pixels. */
function withJpegEnd(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (file.at(-2) === 0xff && file.at(-1) === 0xd9) return file;
  const ended = new Uint8Array(file.length + 2);
  ended.set(file);
  ended.set([0xff, 0xd9], file.length);
  return ended;
}

/** Everything in WebAssembly: where there is no sharp, or it is not wanted. */
export function createOnlyWasmDecoder(codecs: WebAssembly.Module): ImageDecoder {
  return createWasmDecoder(codecs, ONLY_CODECS_MEMORY);
}
