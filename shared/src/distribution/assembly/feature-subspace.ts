// Products of a matrix and a vector. Pointers are byte addresses, values float32.

/**
 * out[row] = sum over i < length of matrix[row][i] * vector[i], in 16 sums that are added up last.
 *
 * @param length a multiple of 16
 */
export function multiplyRows(matrix: usize, rows: usize, length: usize, vector: usize, out: usize): void {
  const rowBytes = length << 2;
  for (const end = out + (rows << 2); out < end; out += 4) {
    let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
    let at = vector;
    for (const rowEnd = matrix + rowBytes; matrix < rowEnd; matrix += 64, at += 64) {
      a = f32x4.add(a, f32x4.mul(v128.load(matrix), v128.load(at)));
      b = f32x4.add(b, f32x4.mul(v128.load(matrix, 16), v128.load(at, 16)));
      c = f32x4.add(c, f32x4.mul(v128.load(matrix, 32), v128.load(at, 32)));
      d = f32x4.add(d, f32x4.mul(v128.load(matrix, 48), v128.load(at, 48)));
    }
    const sums = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    store<f32>(out, (f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1))
      + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3)));
  }
}
