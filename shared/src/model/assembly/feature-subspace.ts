// Products of a matrix and a vector. Pointers are byte addresses, values float32.

/**
 * out[row] = sum over i < length of matrix[row][i] * vector[i], in 8 sums that are added up last.
 *
 * Four rows at a time, from four places of the matrix: memory that no cache holds comes faster so.
 *
 * @param rows a multiple of 4
 * @param length a multiple of 8
 */
export function multiplyRows(matrix: usize, rows: usize, length: usize, vector: usize, out: usize): void {
  const rowBytes = length << 2;
  const blockRows = rows >> 2, blockBytes = blockRows * rowBytes, blockOut = blockRows << 2;
  for (const end = out + blockOut; out < end; out += 4) {
    let row1 = matrix + blockBytes, row2 = row1 + blockBytes, row3 = row2 + blockBytes;
    let a0 = f32x4.splat(0), b0 = f32x4.splat(0), a1 = f32x4.splat(0), b1 = f32x4.splat(0);
    let a2 = f32x4.splat(0), b2 = f32x4.splat(0), a3 = f32x4.splat(0), b3 = f32x4.splat(0);
    let at = vector;
    for (const rowEnd = matrix + rowBytes; matrix < rowEnd; matrix += 32, row1 += 32, row2 += 32, row3 += 32, at += 32) {
      const a = v128.load(at), b = v128.load(at, 16);
      a0 = f32x4.add(a0, f32x4.mul(v128.load(matrix), a));
      b0 = f32x4.add(b0, f32x4.mul(v128.load(matrix, 16), b));
      a1 = f32x4.add(a1, f32x4.mul(v128.load(row1), a));
      b1 = f32x4.add(b1, f32x4.mul(v128.load(row1, 16), b));
      a2 = f32x4.add(a2, f32x4.mul(v128.load(row2), a));
      b2 = f32x4.add(b2, f32x4.mul(v128.load(row2, 16), b));
      a3 = f32x4.add(a3, f32x4.mul(v128.load(row3), a));
      b3 = f32x4.add(b3, f32x4.mul(v128.load(row3, 16), b));
    }
    store<f32>(out, sumOfLanes(f32x4.add(a0, b0)));
    store<f32>(out + blockOut, sumOfLanes(f32x4.add(a1, b1)));
    store<f32>(out + 2 * blockOut, sumOfLanes(f32x4.add(a2, b2)));
    store<f32>(out + 3 * blockOut, sumOfLanes(f32x4.add(a3, b3)));
  }
}

// @ts-ignore: decorator
@inline
function sumOfLanes(sums: v128): f32 {
  return (f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1))
    + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3));
}
