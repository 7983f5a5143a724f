// The network's layers in AssemblyScript with 128-bit SIMD.
// All memory is laid out and owned by ../network.ts; pointers are byte addresses. Values are float32 in rows of pixels,
// [y][x][channel]; the channels of a pixel take `channelBytes`, a multiple of 32 (16 for the image), the last ones zero.
// Compiled twice: with relaxed SIMD a product and its sum are rounded once, in one instruction.

const NONE = 0, SWISH = 1;

/** Bytes of input rows that are gone through for one panel of weights before the next: they stay in the second-level cache. */
const BLOCK_BYTES: usize = 1 << 17;
/** Pixels that are summed up on their own, so that a mean of many keeps its digits. */
const MEAN_BLOCK: usize = 64;

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, sum) : f32x4.add(sum, f32x4.mul(a, b));
}

/** 1 / (1 + e^-x). e^z = 2^n e^r with |r| <= ln 2 / 2, and e^r by a polynomial (XNNPACK's, degree 5: 1 unit in the last place). */
// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  const z = f32x4.max(f32x4.min(f32x4.neg(x), f32x4.splat(87)), f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(z, f32x4.splat(1.4426950408889634)));
  // ln 2 in two parts, so that n ln 2 loses nothing.
  let r = multiplyAdd(n, f32x4.splat(-0.693145751953125), z);
  r = multiplyAdd(n, f32x4.splat(-1.42860682030941723e-6), r);
  let p = multiplyAdd(r, f32x4.splat(0.008289283134043217), f32x4.splat(0.0418978221714496613));
  p = multiplyAdd(r, p, f32x4.splat(0.166676402091979980));
  p = multiplyAdd(r, p, f32x4.splat(0.499991506338119507));
  p = multiplyAdd(r, p, f32x4.splat(0.999999701976776123));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  const e = multiplyAdd(f32x4.mul(r, p), power, power);
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), e));
}

// @ts-ignore: decorator
@inline
function activated(x: v128, activation: i32): v128 {
  if (activation == NONE) return x;
  const s = sigmoid(x);
  return activation == SWISH ? f32x4.mul(x, s) : s;
}

/** RGB bytes as float32 less a value a channel, the fourth of each pixel zero. */
export function unpackImage(bytes: usize, pixels: usize, red: f32, green: f32, blue: f32, out: usize): void {
  for (const end = bytes + pixels * 3; bytes < end; bytes += 3, out += 16) {
    store<f32>(out, <f32>load<u8>(bytes) - red);
    store<f32>(out, <f32>load<u8>(bytes, 1) - green, 4);
    store<f32>(out, <f32>load<u8>(bytes, 2) - blue, 8);
    store<f32>(out, 0, 12);
  }
}

/**
 * A convolution of 1x1: out[row][8 panel + j] = activation(bias + sum over k of a[row][k] * weights[panel][k][j]).
 *
 * @param depth a multiple of 4
 */
export function multiply(
  a: usize, rows: usize, aStride: usize, depth: usize,
  weights: usize, bias: usize, panels: usize, out: usize, outStride: usize, activation: i32,
): void {
  const panelBytes = depth << 5;
  const blockRows = max<usize>(4, (BLOCK_BYTES / aStride) & ~3);
  for (let first: usize = 0; first < rows; first += blockRows) {
    const last = min(rows, first + blockRows);
    for (let panel: usize = 0; panel < panels; panel++) {
      const panelWeights = weights + panel * panelBytes;
      const weightsEnd = panelWeights + panelBytes;
      const bias0 = v128.load(bias + (panel << 5));
      const bias1 = v128.load(bias + (panel << 5), 16);
      for (let row = first; row < last; row += 4) {
        // Past the last row the same one again: it is computed and written several times.
        const row1 = min(row + 1, last - 1), row2 = min(row + 2, last - 1), row3 = min(row + 3, last - 1);
        let a0 = a + row * aStride, a1 = a + row1 * aStride, a2 = a + row2 * aStride, a3 = a + row3 * aStride;
        let s00 = bias0, s01 = bias1, s10 = bias0, s11 = bias1;
        let s20 = bias0, s21 = bias1, s30 = bias0, s31 = bias1;
        for (let w = panelWeights; w < weightsEnd; w += 128, a0 += 16, a1 += 16, a2 += 16, a3 += 16) {
          let w0 = v128.load(w), w1 = v128.load(w, 16);
          let x = v128.load_splat<f32>(a0);
          s00 = multiplyAdd(x, w0, s00); s01 = multiplyAdd(x, w1, s01);
          x = v128.load_splat<f32>(a1);
          s10 = multiplyAdd(x, w0, s10); s11 = multiplyAdd(x, w1, s11);
          x = v128.load_splat<f32>(a2);
          s20 = multiplyAdd(x, w0, s20); s21 = multiplyAdd(x, w1, s21);
          x = v128.load_splat<f32>(a3);
          s30 = multiplyAdd(x, w0, s30); s31 = multiplyAdd(x, w1, s31);

          w0 = v128.load(w, 32); w1 = v128.load(w, 48);
          x = v128.load_splat<f32>(a0, 4);
          s00 = multiplyAdd(x, w0, s00); s01 = multiplyAdd(x, w1, s01);
          x = v128.load_splat<f32>(a1, 4);
          s10 = multiplyAdd(x, w0, s10); s11 = multiplyAdd(x, w1, s11);
          x = v128.load_splat<f32>(a2, 4);
          s20 = multiplyAdd(x, w0, s20); s21 = multiplyAdd(x, w1, s21);
          x = v128.load_splat<f32>(a3, 4);
          s30 = multiplyAdd(x, w0, s30); s31 = multiplyAdd(x, w1, s31);

          w0 = v128.load(w, 64); w1 = v128.load(w, 80);
          x = v128.load_splat<f32>(a0, 8);
          s00 = multiplyAdd(x, w0, s00); s01 = multiplyAdd(x, w1, s01);
          x = v128.load_splat<f32>(a1, 8);
          s10 = multiplyAdd(x, w0, s10); s11 = multiplyAdd(x, w1, s11);
          x = v128.load_splat<f32>(a2, 8);
          s20 = multiplyAdd(x, w0, s20); s21 = multiplyAdd(x, w1, s21);
          x = v128.load_splat<f32>(a3, 8);
          s30 = multiplyAdd(x, w0, s30); s31 = multiplyAdd(x, w1, s31);

          w0 = v128.load(w, 96); w1 = v128.load(w, 112);
          x = v128.load_splat<f32>(a0, 12);
          s00 = multiplyAdd(x, w0, s00); s01 = multiplyAdd(x, w1, s01);
          x = v128.load_splat<f32>(a1, 12);
          s10 = multiplyAdd(x, w0, s10); s11 = multiplyAdd(x, w1, s11);
          x = v128.load_splat<f32>(a2, 12);
          s20 = multiplyAdd(x, w0, s20); s21 = multiplyAdd(x, w1, s21);
          x = v128.load_splat<f32>(a3, 12);
          s30 = multiplyAdd(x, w0, s30); s31 = multiplyAdd(x, w1, s31);
        }
        const target = out + (panel << 5);
        const out0 = target + row * outStride, out1 = target + row1 * outStride;
        const out2 = target + row2 * outStride, out3 = target + row3 * outStride;
        v128.store(out0, activated(s00, activation)); v128.store(out0, activated(s01, activation), 16);
        v128.store(out1, activated(s10, activation)); v128.store(out1, activated(s11, activation), 16);
        v128.store(out2, activated(s20, activation)); v128.store(out2, activated(s21, activation), 16);
        v128.store(out3, activated(s30, activation)); v128.store(out3, activated(s31, activation), 16);
      }
    }
  }
}

/**
 * A convolution of size x size, one output row after another: what lies under each output pixel is laid out as a row of
 * `scratch`, [outWidth][size][size][channel], and multiplied as above.
 */
export function convolve(
  input: usize, height: i32, width: i32, channelBytes: usize, size: i32, stride: i32, padding: i32,
  weights: usize, bias: usize, panels: usize, scratch: usize,
  out: usize, outHeight: i32, outWidth: i32, outStride: usize, activation: i32,
): void {
  const lineBytes = <usize>size * channelBytes;
  const rowBytes = <usize>size * lineBytes;
  for (let outY = 0; outY < outHeight; outY++) {
    memory.fill(scratch, 0, <usize>outWidth * rowBytes);
    for (let kernelY = 0; kernelY < size; kernelY++) {
      const y = outY * stride - padding + kernelY;
      if (y < 0 || y >= height) continue;
      const line = input + <usize>(y * width) * channelBytes;
      let to = scratch + <usize>kernelY * lineBytes;
      for (let outX = 0; outX < outWidth; outX++, to += rowBytes) {
        const x = outX * stride - padding;
        const from = max(x, 0), end = min(x + size, width);
        if (end > from) {
          memory.copy(to + <usize>(from - x) * channelBytes, line + <usize>from * channelBytes, <usize>(end - from) * channelBytes);
        }
      }
    }
    multiply(
      scratch, outWidth, rowBytes, rowBytes >> 2, weights, bias, panels,
      out + <usize>(outY * outWidth) * outStride, outStride, activation,
    );
  }
}

/** A depthwise convolution; `weights` is [size][size][channel]. */
export function convolveDepthwise(
  input: usize, height: i32, width: i32, channelBytes: usize, size: i32, stride: i32, padding: i32,
  weights: usize, bias: usize, out: usize, outHeight: i32, outWidth: i32, activation: i32,
): void {
  const inputLine = <usize>width * channelBytes;
  const weightLine = <usize>size * channelBytes;
  for (let outY = 0; outY < outHeight; outY++) {
    const y = outY * stride - padding;
    const firstY = max(0, -y);
    const linesEnd = weights + <usize>min(size, height - y) * weightLine;
    for (let outX = 0; outX < outWidth; outX++, out += channelBytes) {
      const x = outX * stride - padding;
      const firstX = max(0, -x);
      const taps = <usize>(min(size, width - x) - firstX) * channelBytes;
      const from = input + <usize>((y + firstY) * width + x + firstX) * channelBytes;
      const firstWeight = weights + <usize>firstY * weightLine;
      const skipped = <usize>firstX * channelBytes;
      for (let channel: usize = 0; channel < channelBytes; channel += 32) {
        let s0 = v128.load(bias + channel), s1 = v128.load(bias + channel, 16);
        let line = from + channel;
        for (let weightsOfLine = firstWeight; weightsOfLine < linesEnd; weightsOfLine += weightLine, line += inputLine) {
          let pixel = line;
          let w = weightsOfLine + skipped + channel;
          for (const end = w + taps; w < end; w += channelBytes, pixel += channelBytes) {
            s0 = multiplyAdd(v128.load(pixel), v128.load(w), s0);
            s1 = multiplyAdd(v128.load(pixel, 16), v128.load(w, 16), s1);
          }
        }
        v128.store(out + channel, activated(s0, activation));
        v128.store(out + channel, activated(s1, activation), 16);
      }
    }
  }
}

/** The mean of each channel over all pixels. `scratch` has room for one pixel. */
export function meanOfPixels(input: usize, pixels: usize, channelBytes: usize, scratch: usize, out: usize): void {
  memory.fill(out, 0, channelBytes);
  for (let first: usize = 0; first < pixels; first += MEAN_BLOCK) {
    memory.fill(scratch, 0, channelBytes);
    for (let pixel = first; pixel < min(pixels, first + MEAN_BLOCK); pixel++, input += channelBytes) {
      for (let channel: usize = 0; channel < channelBytes; channel += 16) {
        v128.store(scratch + channel, f32x4.add(v128.load(scratch + channel), v128.load(input + channel)));
      }
    }
    for (let channel: usize = 0; channel < channelBytes; channel += 16) {
      v128.store(out + channel, f32x4.add(v128.load(out + channel), v128.load(scratch + channel)));
    }
  }
  const share = f32x4.splat(1 / <f32>pixels);
  for (let channel: usize = 0; channel < channelBytes; channel += 16) {
    v128.store(out + channel, f32x4.mul(v128.load(out + channel), share));
  }
}

/** x[pixel][channel] * gate[channel]; `out` may be `x`. */
export function scaleChannels(x: usize, gate: usize, pixels: usize, channelBytes: usize, out: usize): void {
  for (let pixel: usize = 0; pixel < pixels; pixel++, x += channelBytes, out += channelBytes) {
    for (let channel: usize = 0; channel < channelBytes; channel += 16) {
      v128.store(out + channel, f32x4.mul(v128.load(x + channel), v128.load(gate + channel)));
    }
  }
}

/** `out` may be `x` or `y`. */
export function add(x: usize, y: usize, bytes: usize, out: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, f32x4.add(v128.load(x + i), v128.load(y + i)));
  }
}

/** `out` may be `x`. */
export function activate(x: usize, bytes: usize, out: usize, activation: i32): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, activated(v128.load(x + i), activation));
}
