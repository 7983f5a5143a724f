/** What `assembly/kernels.ts` exports. All pointers are byte addresses in `memory`. */
export interface Kernels {
  readonly memory: WebAssembly.Memory;
  unpackImage(
    bytes: number,
    pixels: number,
    red: number,
    green: number,
    blue: number,
    out: number,
  ): void;
  multiply(
    a: number,
    rows: number,
    aStride: number,
    depth: number,
    weights: number,
    bias: number,
    panels: number,
    out: number,
    outStride: number,
    activation: number,
  ): void;
  convolve(
    input: number,
    height: number,
    width: number,
    channelBytes: number,
    size: number,
    stride: number,
    padding: number,
    weights: number,
    bias: number,
    panels: number,
    scratch: number,
    out: number,
    outHeight: number,
    outWidth: number,
    outStride: number,
    activation: number,
  ): void;
  convolveDepthwise(
    input: number,
    height: number,
    width: number,
    channelBytes: number,
    size: number,
    stride: number,
    padding: number,
    weights: number,
    bias: number,
    out: number,
    outHeight: number,
    outWidth: number,
    activation: number,
  ): void;
  meanOfPixels(
    input: number,
    pixels: number,
    channelBytes: number,
    scratch: number,
    out: number,
  ): void;
  scaleChannels(x: number, gate: number, pixels: number, channelBytes: number, out: number): void;
  add(x: number, y: number, bytes: number, out: number): void;
  activate(x: number, bytes: number, out: number, activation: number): void;
}
