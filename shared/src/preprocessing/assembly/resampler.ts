// The two passes of the resampler, in AssemblyScript with 128-bit SIMD.
// All memory is laid out and owned by ../resampler.ts; pointers are byte addresses.
// Only exactly specified operations are used (no relaxed SIMD, no fused multiply-add),
// so that every engine gives the same bits.

/**
 * Vertical pass: sums[x] (+)= sum over k < count of weights[k] * rows[k * stride + x], for x < length.
 *
 * Works on 16 bytes at a time: reads up to 15 bytes past a row, writes up to 15 floats past `length`.
 *
 * @param fresh 1 to start from zero, 0 to add to what is there. The order of additions is that of the
 *   rows in either case, so a sum taken in pieces has the same bits as one taken at once.
 */
export function accumulateRows(
  rows: usize, stride: usize, count: usize, weights: usize, sums: usize, length: usize, fresh: i32,
): void {
  const weightsEnd = weights + (count << 2);
  const rowsEnd = rows + length;
  for (let column = rows; column < rowsEnd; column += 16, sums += 64) {
    let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
    if (!fresh) {
      a = v128.load(sums);
      b = v128.load(sums, 16);
      c = v128.load(sums, 32);
      d = v128.load(sums, 48);
    }
    let source = column;
    for (let weight = weights; weight < weightsEnd; weight += 4, source += stride) {
      const factor = v128.load_splat<f32>(weight);
      const bytes = v128.load(source);
      const low = i16x8.extend_low_i8x16_u(bytes);
      const high = i16x8.extend_high_i8x16_u(bytes);
      a = f32x4.add(a, f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low))));
      b = f32x4.add(b, f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low))));
      c = f32x4.add(c, f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high))));
      d = f32x4.add(d, f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high))));
    }
    v128.store(sums, a);
    v128.store(sums, b, 16);
    v128.store(sums, c, 32);
    v128.store(sums, d, 48);
  }
}

/**
 * Horizontal pass over one row of RGB float32 sums, rounded half up to RGB bytes.
 *
 * Reads 4 bytes past the last pixel of a span.
 *
 * @param sums the float row; its first pixel is column `firstColumn` of the picture.
 * @param spans for each output pixel two int32: first input column, number of columns.
 * @param weights for each output pixel `weightStride` bytes of float32.
 */
export function reduceRow(
  sums: usize, firstColumn: usize, spans: usize, weights: usize, weightStride: usize, out: usize, outWidth: usize,
): void {
  const half = f32x4.splat(0.5);
  for (const end = out + outWidth * 3; out < end; out += 3, spans += 8, weights += weightStride) {
    let pixel = sums + (<usize>load<u32>(spans) - firstColumn) * 12;
    const weightsEnd = weights + (<usize>load<u32>(spans, 4) << 2);
    let sum = f32x4.splat(0);
    for (let weight = weights; weight < weightsEnd; weight += 4, pixel += 12) {
      sum = f32x4.add(sum, f32x4.mul(v128.load_splat<f32>(weight), v128.load(pixel)));
    }
    const whole = i32x4.trunc_sat_f32x4_s(f32x4.add(sum, half));
    const words = i16x8.narrow_i32x4_s(whole, whole);
    const rgb = i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
    store<u16>(out, <u16>rgb);
    store<u8>(out, <u8>(rgb >> 16), 2);
  }
}
