import { decodeWithSharp, type SharpModule } from '@naevus/shared/image/sharp-decode';
import { type ImageDecoder, UnservedImageError } from '../../../analysis/ports.ts';
import { createWasmDecoder } from '../../../wasm/image-decoder.ts';
import { NoNativeModuleError } from './native-modules.ts';

/** Memory that the codecs may take beside sharp, in bytes: a JPEG that needs more goes there. */
const CODECS_MEMORY = 64 << 20;

/** The same where there is no sharp. */
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
 * The decoder of the Node server: JPEGs of grey or YCbCr without a colour profile in WebAssembly on
 * the calling thread, everything else in sharp.
 *
 * Both decode with libjpeg's exact inverse DCT, to the same bytes (a large JPEG to within what
 * `PREPROCESSING` allows). In WebAssembly an image of 600 x 450 costs 0.8 ms of CPU time where sharp
 * takes 2.4 and the hops between its threads, and whatever the file holds, the process survives it.
 */
export function createNodeDecoder(options: NodeDecoderOptions): ImageDecoder {
  const { codecs, maxPixels } = options;
  const decodeJpeg = createWasmDecoder(codecs, CODECS_MEMORY);
  let standIn: ImageDecoder | undefined;
  return async (file, header, use) => {
    if (standIn) return standIn(file, header, use);
    const plain = header.format === 'jpeg' && !header.iccProfile && header.channels !== 4;
    if (plain) {
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
    return use(await decodeWithSharp(sharp, file, { header, maxPixels }));
  };
}

/** Everything in WebAssembly: where there is no sharp, or it is not wanted. */
export function createOnlyWasmDecoder(codecs: WebAssembly.Module): ImageDecoder {
  return createWasmDecoder(codecs, ONLY_CODECS_MEMORY);
}
