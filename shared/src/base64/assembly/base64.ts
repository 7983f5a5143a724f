// Base64 (RFC 4648, section 4), in AssemblyScript with 128-bit SIMD. Memory is laid out by ../base64-encoder.ts; pointers
// are byte addresses.

/**
 * Writes the digits of 12 bytes at a time: reads up to 15 bytes past the last, writes up to 15 past its digits.
 *
 * @param bytes `count` of them
 * @param out room for four digits of every three bytes
 */
export function encodeBase64(bytes: usize, count: usize, out: usize): void {
  for (const end = bytes + count; bytes < end; bytes += 12, out += 16) {
    const raw = v128.load(bytes);
    // Three bytes in a word of four, the first of them highest; from there each six bits into a byte of their own.
    const word = i8x16.shuffle(raw, raw, 2, 1, 0, 0, 5, 4, 3, 3, 8, 7, 6, 6, 11, 10, 9, 9);
    const digits = v128.or(
      v128.or(
        v128.and(i32x4.shr_u(word, 18), i32x4.splat(0x3f)),
        v128.and(i32x4.shr_u(word, 4), i32x4.splat(0x3f00)),
      ),
      v128.or(
        v128.and(i32x4.shl(word, 10), i32x4.splat(0x3f0000)),
        v128.and(i32x4.shl(word, 24), i32x4.splat(0x3f000000)),
      ),
    );
    // From a digit to its letter: 0 for a to z, 1 to 10 for 0 to 9, 11 for +, 12 for /, 13 for A to Z.
    const kind = v128.or(
      i8x16.sub_sat_u(digits, i8x16.splat(51)),
      v128.and(i8x16.lt_u(digits, i8x16.splat(26)), i8x16.splat(13)),
    );
    const distances = i8x16(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0);
    v128.store(out, i8x16.add(digits, i8x16.swizzle(distances, kind)));
  }
}
