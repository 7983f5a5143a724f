// The pixels of a heat map's overlay, in AssemblyScript with 128-bit SIMD: the operations of ../overlay.ts in the same
// order, so that every byte is the same. Memory is laid out by ../overlay-kernel.ts; pointers are byte addresses.

/** 1.5 * 2^52: of a sum with it the low 32 bits are the other number, rounded half to even. */
const WHOLE_IN_LOW_BITS: f64 = 6755399441055744;

/**
 * Lays heat over rows of RGB bytes. Reads up to 5 bytes past the pixels, writes up to 5 past `out`.
 *
 * @param pixels width * height * 3 bytes
 * @param out room for as many; may lie before `pixels`, by 8 bytes or more, and reach into them
 * @param wide rows of float64, the levels of heat: `stride` bytes each, `width` numbers and one that is ignored
 * @param cells for each row of pixels four u32: which of the wide rows it lies between
 * @param weights for each row of pixels four float64: theirs
 * @param blend for each of 256 levels four i32: what is added to red, green, blue, and what is kept of the photo
 */
export function overlayRows(
  pixels: usize, out: usize, width: usize, height: usize, wide: usize, stride: usize, cells: usize, weights: usize,
  blend: usize,
): void {
  const rowBytes = width * 3;
  for (let y: usize = 0; y < height; y++, pixels += rowBytes, out += rowBytes, cells += 16, weights += 32) {
    let a = wide + <usize>load<u32>(cells) * stride, b = wide + <usize>load<u32>(cells, 4) * stride;
    let c = wide + <usize>load<u32>(cells, 8) * stride, d = wide + <usize>load<u32>(cells, 12) * stride;
    const wa = v128.load_splat<f64>(weights), wb = v128.load_splat<f64>(weights, 8);
    const wc = v128.load_splat<f64>(weights, 16), wd = v128.load_splat<f64>(weights, 24);
    let source = pixels, target = out;
    for (const end = pixels + rowBytes; source < end; source += 6, target += 6, a += 16, b += 16, c += 16, d += 16) {
      let heat = f64x2.add(f64x2.mul(wa, v128.load(a)), f64x2.mul(wb, v128.load(b)));
      heat = f64x2.add(heat, f64x2.mul(wc, v128.load(c)));
      heat = f64x2.add(heat, f64x2.mul(wd, v128.load(d)));
      const rounded = f64x2.add(heat, f64x2.splat(WHOLE_IN_LOW_BITS));
      const levels = i32x4.min_s(i32x4.max_s(rounded, i32x4.splat(0)), i32x4.splat(255));
      const both = v128.load64_zero(source);
      const bytes = i16x8.extend_low_i8x16_u(
        i8x16.shuffle(both, both, 0, 1, 2, 0, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      );
      const blended = i16x8.narrow_i32x4_u(
        blendedPixel(i32x4.extend_low_i16x8_u(bytes), blend + (<usize>i32x4.extract_lane(levels, 0) << 4)),
        blendedPixel(i32x4.extend_high_i16x8_u(bytes), blend + (<usize>i32x4.extract_lane(levels, 2) << 4)),
      );
      const packed = i8x16.narrow_i16x8_u(blended, blended);
      v128.store64_lane(target, i8x16.shuffle(packed, packed, 0, 1, 2, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);
    }
  }
}

/** Red, green, blue and a lane of no meaning. */
// @ts-ignore: decorator
@inline
function blendedPixel(pixel: v128, entry: usize): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.mul(pixel, v128.load_splat<i32>(entry, 12)), v128.load(entry)), 16);
}
