// Products of rows of small whole numbers and a vector. Pointers are byte addresses.

/**
 * out[row] = sum over i < length of rows[row][i] * query[i], of int8 rows and an int16 query, as int32.
 *
 * @param length a multiple of 16; the sums fit where it is at most 1024
 */
export function multiplyByteRows(rows: usize, count: usize, length: usize, query: usize, out: usize): void {
  for (const end = out + (count << 2); out < end; out += 4) {
    let sums = i32x4.splat(0);
    let at = query;
    for (const rowEnd = rows + length; rows < rowEnd; rows += 16, at += 32) {
      const row = v128.load(rows);
      sums = i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(row), v128.load(at)));
      sums = i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(row), v128.load(at, 16)));
    }
    store<i32>(out, (i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1))
      + (i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3)));
  }
}
