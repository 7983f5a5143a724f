/** The package comes without types. */
declare module 'jpeg-lossless-decoder-js' {
  export class Decoder {
    /** @returns interleaved samples */
    decompress(buffer: ArrayBufferLike, offset?: number, length?: number): ArrayBuffer;
  }
}
