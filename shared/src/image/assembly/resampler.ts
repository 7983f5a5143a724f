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
 * Works on four pixels at a time, and on as many columns for each: a loop whose length no processor has to guess. Reads
 * `taps` columns from the first of each span on and 4 bytes more, so there must be numbers past the row (which weigh
 * nothing); writes up to 13 bytes past `outWidth`.
 *
 * @param sums the float row; its first pixel is column `firstColumn` of the picture.
 * @param spans for each output pixel two int32, the first of them its first input column.
 * @param weights for each output pixel `taps` float32, zeros for columns past its span.
 * @param taps an even number.
 */
export function reduceRow(
  sums: usize, firstColumn: usize, spans: usize, weights: usize, taps: usize, out: usize, outWidth: usize,
): void {
  const weightBytes = taps << 2;
  const origin = sums - firstColumn * 12;
  const last = outWidth - 1;
  for (let x: usize = 0; x < outWidth; x += 4, out += 12) {
    // Past the last pixel the same one again.
    const x1 = min(x + 1, last), x2 = min(x + 2, last), x3 = min(x + 3, last);
    let pixel0 = origin + <usize>load<u32>(spans + (x << 3)) * 12;
    let pixel1 = origin + <usize>load<u32>(spans + (x1 << 3)) * 12;
    let pixel2 = origin + <usize>load<u32>(spans + (x2 << 3)) * 12;
    let pixel3 = origin + <usize>load<u32>(spans + (x3 << 3)) * 12;
    let weight0 = weights + x * weightBytes, weight1 = weights + x1 * weightBytes;
    let weight2 = weights + x2 * weightBytes, weight3 = weights + x3 * weightBytes;
    let sum0 = f32x4.splat(0), sum1 = f32x4.splat(0), sum2 = f32x4.splat(0), sum3 = f32x4.splat(0);
    for (const end = weight0 + weightBytes; weight0 < end;) {
      sum0 = f32x4.add(sum0, f32x4.mul(v128.load_splat<f32>(weight0), v128.load(pixel0)));
      sum1 = f32x4.add(sum1, f32x4.mul(v128.load_splat<f32>(weight1), v128.load(pixel1)));
      sum2 = f32x4.add(sum2, f32x4.mul(v128.load_splat<f32>(weight2), v128.load(pixel2)));
      sum3 = f32x4.add(sum3, f32x4.mul(v128.load_splat<f32>(weight3), v128.load(pixel3)));
      sum0 = f32x4.add(sum0, f32x4.mul(v128.load_splat<f32>(weight0, 4), v128.load(pixel0, 12)));
      sum1 = f32x4.add(sum1, f32x4.mul(v128.load_splat<f32>(weight1, 4), v128.load(pixel1, 12)));
      sum2 = f32x4.add(sum2, f32x4.mul(v128.load_splat<f32>(weight2, 4), v128.load(pixel2, 12)));
      sum3 = f32x4.add(sum3, f32x4.mul(v128.load_splat<f32>(weight3, 4), v128.load(pixel3, 12)));
      weight0 += 8; weight1 += 8; weight2 += 8; weight3 += 8;
      pixel0 += 24; pixel1 += 24; pixel2 += 24; pixel3 += 24;
    }
    const bytes = i8x16.narrow_i16x8_u(
      i16x8.narrow_i32x4_s(rounded(sum0), rounded(sum1)), i16x8.narrow_i32x4_s(rounded(sum2), rounded(sum3)),
    );
    v128.store(out, i8x16.swizzle(bytes, i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0)));
  }
}

/**
 * What {@link reduceRow} gives where the row keeps its length: each of `count` float32 sums rounded half up to a byte.
 *
 * Works on 16 at a time: reads up to 15 floats and writes up to 15 bytes past `count`.
 */
export function roundRow(sums: usize, out: usize, count: usize): void {
  for (const end = out + count; out < end; out += 16, sums += 64) {
    v128.store(out, i8x16.narrow_i16x8_u(
      i16x8.narrow_i32x4_s(rounded(v128.load(sums)), rounded(v128.load(sums, 16))),
      i16x8.narrow_i32x4_s(rounded(v128.load(sums, 32)), rounded(v128.load(sums, 48))),
    ));
  }
}

// @ts-ignore: decorator
@inline
function rounded(sum: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.add(sum, f32x4.splat(0.5)));
}
