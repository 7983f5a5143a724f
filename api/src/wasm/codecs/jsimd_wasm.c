// libjpeg's interface for SIMD, in WebAssembly's 128 bits: the slow (exact) inverse DCT, fancy
// upsampling and YCbCr to RGB. Same bits as the C code that they stand in for, and as the kernels of
// libjpeg-turbo for x86, which sharp decodes with; the formulas are those of jidctint.c, jdsample.c and
// jdcolor.c. What is not here stays as in jsimd_none.c.
#define jsimd_can_ycc_rgb none_can_ycc_rgb
#define jsimd_ycc_rgb_convert none_ycc_rgb_convert
#define jsimd_can_h2v2_fancy_upsample none_can_h2v2_fancy_upsample
#define jsimd_h2v2_fancy_upsample none_h2v2_fancy_upsample
#define jsimd_can_h2v1_fancy_upsample none_can_h2v1_fancy_upsample
#define jsimd_h2v1_fancy_upsample none_h2v1_fancy_upsample
#define jsimd_can_idct_islow none_can_idct_islow
#define jsimd_idct_islow none_idct_islow
#define jsimd_can_idct_2x2 none_can_idct_2x2
#define jsimd_idct_2x2 none_idct_2x2
#define jsimd_can_idct_4x4 none_can_idct_4x4
#define jsimd_idct_4x4 none_idct_4x4
#include <jsimd_none.c>
#undef jsimd_can_ycc_rgb
#undef jsimd_ycc_rgb_convert
#undef jsimd_can_h2v2_fancy_upsample
#undef jsimd_h2v2_fancy_upsample
#undef jsimd_can_h2v1_fancy_upsample
#undef jsimd_h2v1_fancy_upsample
#undef jsimd_can_idct_islow
#undef jsimd_idct_islow
#undef jsimd_can_idct_2x2
#undef jsimd_idct_2x2
#undef jsimd_can_idct_4x4
#undef jsimd_idct_4x4
#include <wasm_simd128.h>

#define LOW(a, b) wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(a, b) wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15)

// ---- Inverse DCT (jidctint.c: Loeffler, Ligtenberg and Moschytz 1989)

#define CONST_BITS 13
#define PASS1_BITS 2

#define FIX_0_298631336 2446
#define FIX_0_390180644 3196
#define FIX_0_541196100 4433
#define FIX_0_765366865 6270
#define FIX_0_899976223 7373
#define FIX_1_175875602 9633
#define FIX_1_501321110 12299
#define FIX_1_847759065 15137
#define FIX_1_961570560 16069
#define FIX_2_053119869 16819
#define FIX_2_562915447 20995
#define FIX_3_072711026 25172

// x * a + y * b in 32 bits, of interleaved x and y.
#define PAIR(a, b) wasm_i16x8_const(a, b, a, b, a, b, a, b)
#define ROTATE(xy, a, b) wasm_i32x4_dot_i16x8(xy, PAIR(a, b))

/** One half (four columns) of a pass; `xy[]` are the interleaved halves of 2 and 6, 3 and 7, 1 and 5, 3 and 1, 7 and 5. */
static inline void odd_even(v128_t sum04, v128_t difference04, v128_t x26, v128_t x71, v128_t x53, v128_t z34,
                            v128_t rounding, v128_t out[8]) {
  const v128_t tmp3e = ROTATE(x26, FIX_0_541196100 + FIX_0_765366865, FIX_0_541196100);
  const v128_t tmp2e = ROTATE(x26, FIX_0_541196100, FIX_0_541196100 - FIX_1_847759065);
  const v128_t tmp0e = wasm_i32x4_add(wasm_i32x4_shl(sum04, CONST_BITS), rounding);
  const v128_t tmp1e = wasm_i32x4_add(wasm_i32x4_shl(difference04, CONST_BITS), rounding);
  const v128_t tmp10 = wasm_i32x4_add(tmp0e, tmp3e), tmp13 = wasm_i32x4_sub(tmp0e, tmp3e);
  const v128_t tmp11 = wasm_i32x4_add(tmp1e, tmp2e), tmp12 = wasm_i32x4_sub(tmp1e, tmp2e);

  const v128_t z3 = ROTATE(z34, FIX_1_175875602 - FIX_1_961570560, FIX_1_175875602);
  const v128_t z4 = ROTATE(z34, FIX_1_175875602, FIX_1_175875602 - FIX_0_390180644);
  const v128_t tmp0 = wasm_i32x4_add(ROTATE(x71, FIX_0_298631336 - FIX_0_899976223, -FIX_0_899976223), z3);
  const v128_t tmp3 = wasm_i32x4_add(ROTATE(x71, -FIX_0_899976223, FIX_1_501321110 - FIX_0_899976223), z4);
  const v128_t tmp1 = wasm_i32x4_add(ROTATE(x53, FIX_2_053119869 - FIX_2_562915447, -FIX_2_562915447), z4);
  const v128_t tmp2 = wasm_i32x4_add(ROTATE(x53, -FIX_2_562915447, FIX_3_072711026 - FIX_2_562915447), z3);

  out[0] = wasm_i32x4_add(tmp10, tmp3);
  out[7] = wasm_i32x4_sub(tmp10, tmp3);
  out[1] = wasm_i32x4_add(tmp11, tmp2);
  out[6] = wasm_i32x4_sub(tmp11, tmp2);
  out[2] = wasm_i32x4_add(tmp12, tmp1);
  out[5] = wasm_i32x4_sub(tmp12, tmp1);
  out[3] = wasm_i32x4_add(tmp13, tmp0);
  out[4] = wasm_i32x4_sub(tmp13, tmp0);
}

/** One dimension of eight columns at once: rows of 16 bits in and out. */
#define PASS(in, shift)                                                                                        \
  do {                                                                                                         \
    const v128_t rounding = wasm_i32x4_const_splat(1 << ((shift) - 1));                                        \
    const v128_t sum = wasm_i16x8_add(in[0], in[4]), difference = wasm_i16x8_sub(in[0], in[4]);                \
    const v128_t z3 = wasm_i16x8_add(in[7], in[3]), z4 = wasm_i16x8_add(in[5], in[1]);                         \
    v128_t low[8], high[8];                                                                                    \
    odd_even(wasm_i32x4_extend_low_i16x8(sum), wasm_i32x4_extend_low_i16x8(difference), LOW(in[2], in[6]),     \
             LOW(in[7], in[1]), LOW(in[5], in[3]), LOW(z3, z4), rounding, low);                                \
    odd_even(wasm_i32x4_extend_high_i16x8(sum), wasm_i32x4_extend_high_i16x8(difference), HIGH(in[2], in[6]),  \
             HIGH(in[7], in[1]), HIGH(in[5], in[3]), HIGH(z3, z4), rounding, high);                            \
    for (int row = 0; row < 8; row++)                                                                          \
      in[row] = wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(low[row], shift), wasm_i32x4_shr(high[row], shift));    \
  } while (0)

static inline void transpose(v128_t rows[8]) {
  v128_t a[8], b[8];
  for (int i = 0; i < 4; i++) {
    a[2 * i] = LOW(rows[i], rows[i + 4]);
    a[2 * i + 1] = HIGH(rows[i], rows[i + 4]);
  }
  for (int i = 0; i < 4; i++) {
    b[2 * i] = LOW(a[i], a[i + 4]);
    b[2 * i + 1] = HIGH(a[i], a[i + 4]);
  }
  for (int i = 0; i < 4; i++) {
    rows[2 * i] = LOW(b[i], b[i + 4]);
    rows[2 * i + 1] = HIGH(b[i], b[i + 4]);
  }
}

/** Coefficients times their steps; true, and nothing in `rows`, where there is none but the first. */
static inline int dequantize(const int16_t *coefficients, const int16_t *steps, v128_t rows[8]) {
  for (int row = 0; row < 8; row++) rows[row] = wasm_v128_load(coefficients + 8 * row);
  const v128_t lower = wasm_v128_or(wasm_v128_or(wasm_v128_or(rows[1], rows[2]), wasm_v128_or(rows[3], rows[4])),
                                    wasm_v128_or(wasm_v128_or(rows[5], rows[6]), rows[7]));
  if (!wasm_v128_any_true(wasm_v128_or(lower, wasm_i16x8_replace_lane(rows[0], 0, 0)))) return 1;
  for (int row = 0; row < 8; row++) rows[row] = wasm_i16x8_mul(rows[row], wasm_v128_load(steps + 8 * row));
  return 0;
}

static inline uint8_t sample(int32_t centred) {
  return (uint8_t)((centred < -128 ? -128 : centred > 127 ? 127 : centred) + 128);
}

/** The one value of a block whose only coefficient is the first. */
static inline uint8_t level_of(const int16_t *coefficients, const int16_t *steps) {
  const int32_t level = (int16_t)(coefficients[0] * steps[0]) * (1 << PASS1_BITS);
  return sample((level + (1 << (PASS1_BITS + 2))) >> (PASS1_BITS + 3));
}

GLOBAL(int) jsimd_can_idct_islow(void) { return 1; }

GLOBAL(void)
jsimd_idct_islow(j_decompress_ptr cinfo, jpeg_component_info *compptr, JCOEFPTR coefficients, JSAMPARRAY output,
                 JDIMENSION column) {
  (void)cinfo;
  v128_t rows[8];
  if (dequantize(coefficients, compptr->dct_table, rows)) {
    const v128_t flat = wasm_i8x16_splat((int8_t)level_of(coefficients, compptr->dct_table));
    for (int row = 0; row < 8; row++) wasm_v128_store64_lane(output[row] + column, flat, 0);
    return;
  }
  PASS(rows, CONST_BITS - PASS1_BITS);
  transpose(rows);
  PASS(rows, CONST_BITS + PASS1_BITS + 3);
  transpose(rows);
  const v128_t centre = wasm_i8x16_const_splat((int8_t)0x80);
  for (int row = 0; row < 8; row += 2) {
    const v128_t two = wasm_v128_xor(wasm_i8x16_narrow_i16x8(rows[row], rows[row + 1]), centre);
    wasm_v128_store64_lane(output[row] + column, two, 0);
    wasm_v128_store64_lane(output[row + 1] + column, two, 1);
  }
}

// ---- The same at a half and at a quarter (jidctred.c)

#define FIX_0_211164243 1730
#define FIX_0_509795579 4176
#define FIX_0_601344887 4926
#define FIX_0_720959822 5906
#define FIX_0_850430095 6967
#define FIX_1_061594337 8697
#define FIX_1_272758580 10426
#define FIX_1_451774981 11893
#define FIX_2_172734803 17799
#define FIX_3_624509785 29692

/** Four columns at once; `xy` are the interleaved 2 and 6, 7 and 5, 3 and 1. */
static inline void reduce4(v128_t x0, v128_t x26, v128_t x75, v128_t x31, v128_t rounding, v128_t out[4]) {
  const v128_t even = wasm_i32x4_add(wasm_i32x4_shl(x0, CONST_BITS + 1), rounding);
  const v128_t turned = ROTATE(x26, FIX_1_847759065, -FIX_0_765366865);
  const v128_t tmp10 = wasm_i32x4_add(even, turned), tmp12 = wasm_i32x4_sub(even, turned);
  const v128_t tmp0 = wasm_i32x4_add(ROTATE(x75, -FIX_0_211164243, FIX_1_451774981), ROTATE(x31, -FIX_2_172734803, FIX_1_061594337));
  const v128_t tmp2 = wasm_i32x4_add(ROTATE(x75, -FIX_0_509795579, -FIX_0_601344887), ROTATE(x31, FIX_0_899976223, FIX_2_562915447));
  out[0] = wasm_i32x4_add(tmp10, tmp2);
  out[3] = wasm_i32x4_sub(tmp10, tmp2);
  out[1] = wasm_i32x4_add(tmp12, tmp0);
  out[2] = wasm_i32x4_sub(tmp12, tmp0);
}

GLOBAL(int) jsimd_can_idct_4x4(void) { return 1; }

GLOBAL(void)
jsimd_idct_4x4(j_decompress_ptr cinfo, jpeg_component_info *compptr, JCOEFPTR coefficients, JSAMPARRAY output,
               JDIMENSION column) {
  (void)cinfo;
  v128_t in[8];
  if (dequantize(coefficients, compptr->dct_table, in)) {
    const v128_t flat = wasm_i8x16_splat((int8_t)level_of(coefficients, compptr->dct_table));
    for (int row = 0; row < 4; row++) wasm_v128_store32_lane(output[row] + column, flat, 0);
    return;
  }
  v128_t low[4], high[4], rows[4];
#define SHIFT (CONST_BITS - PASS1_BITS + 1)
  const v128_t rounding = wasm_i32x4_const_splat(1 << (SHIFT - 1));
  reduce4(wasm_i32x4_extend_low_i16x8(in[0]), LOW(in[2], in[6]), LOW(in[7], in[5]), LOW(in[3], in[1]), rounding, low);
  reduce4(wasm_i32x4_extend_high_i16x8(in[0]), HIGH(in[2], in[6]), HIGH(in[7], in[5]), HIGH(in[3], in[1]), rounding, high);
  for (int row = 0; row < 4; row++)
    rows[row] = wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(low[row], SHIFT), wasm_i32x4_shr(high[row], SHIFT));
#undef SHIFT
  // Columns of four, two in a vector.
  const v128_t a = LOW(rows[0], rows[1]), b = LOW(rows[2], rows[3]), c = HIGH(rows[0], rows[1]), d = HIGH(rows[2], rows[3]);
  const v128_t x01 = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), x23 = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
  const v128_t x45 = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), x67 = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
#define SHIFT (CONST_BITS + PASS1_BITS + 3 + 1)
  reduce4(wasm_i32x4_extend_low_i16x8(x01), LOW(x23, x67), HIGH(x67, x45), HIGH(x23, x01), wasm_i32x4_const_splat(1 << (SHIFT - 1)), low);
  for (int row = 0; row < 4; row++) low[row] = wasm_i32x4_shr(low[row], SHIFT);
#undef SHIFT
  const v128_t columns = wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(low[0], low[1]), wasm_i16x8_narrow_i32x4(low[2], low[3]));
  const v128_t turned = wasm_i8x16_shuffle(columns, columns, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const v128_t samples = wasm_v128_xor(turned, wasm_i8x16_const_splat((int8_t)0x80));
  wasm_v128_store32_lane(output[0] + column, samples, 0);
  wasm_v128_store32_lane(output[1] + column, samples, 1);
  wasm_v128_store32_lane(output[2] + column, samples, 2);
  wasm_v128_store32_lane(output[3] + column, samples, 3);
}

GLOBAL(int) jsimd_can_idct_2x2(void) { return 1; }

GLOBAL(void)
jsimd_idct_2x2(j_decompress_ptr cinfo, jpeg_component_info *compptr, JCOEFPTR coefficients, JSAMPARRAY output,
               JDIMENSION column) {
  (void)cinfo;
  const int16_t *steps = compptr->dct_table;
  // Neither even rows nor even columns but the first count.
#define IN(row) wasm_i16x8_mul(wasm_v128_load(coefficients + 8 * (row)), wasm_v128_load(steps + 8 * (row)))
  const v128_t in0 = IN(0), in1 = IN(1), in3 = IN(3), in5 = IN(5), in7 = IN(7);
#undef IN
#define SHIFT (CONST_BITS - PASS1_BITS + 2)
  const v128_t rounding = wasm_i32x4_const_splat(1 << (SHIFT - 1));
#define HALF(part, PART)                                                                                                   \
  const v128_t even_##part = wasm_i32x4_add(wasm_i32x4_shl(wasm_i32x4_extend_##part##_i16x8(in0), CONST_BITS + 2), rounding); \
  const v128_t odd_##part = wasm_i32x4_add(ROTATE(PART(in7, in5), -FIX_0_720959822, FIX_0_850430095),                       \
                                           ROTATE(PART(in3, in1), -FIX_1_272758580, FIX_3_624509785));
  HALF(low, LOW)
  HALF(high, HIGH)
#undef HALF
#define ROW(operation)                                                                            \
  wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(wasm_i32x4_##operation(even_low, odd_low), SHIFT),       \
                          wasm_i32x4_shr(wasm_i32x4_##operation(even_high, odd_high), SHIFT))
  const v128_t upper = ROW(add), lower = ROW(sub);
#undef ROW
#undef SHIFT
#define SHIFT (CONST_BITS + PASS1_BITS + 3 + 2)
  // Both rows at once: their products, and sums of four in the first two lanes.
  const v128_t factors = wasm_i16x8_const(0, FIX_3_624509785, 0, -FIX_1_272758580, 0, FIX_0_850430095, 0, -FIX_0_720959822);
  const v128_t a = wasm_i32x4_dot_i16x8(upper, factors), b = wasm_i32x4_dot_i16x8(lower, factors);
  const v128_t pairs = wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), wasm_i32x4_shuffle(a, b, 2, 6, 3, 7));
  const v128_t odd = wasm_i32x4_add(pairs, wasm_i32x4_shuffle(pairs, pairs, 2, 3, 0, 1));
  const v128_t first = wasm_i32x4_extend_low_i16x8(LOW(upper, lower));
  const v128_t even = wasm_i32x4_add(wasm_i32x4_shl(first, CONST_BITS + 2), wasm_i32x4_const_splat(1 << (SHIFT - 1)));
  // Left and right of the upper row, then of the lower one.
  const v128_t left = wasm_i32x4_shr(wasm_i32x4_add(even, odd), SHIFT), right = wasm_i32x4_shr(wasm_i32x4_sub(even, odd), SHIFT);
#undef SHIFT
  const v128_t four = wasm_i16x8_narrow_i32x4(wasm_i32x4_shuffle(left, right, 0, 4, 1, 5), left);
  const v128_t samples = wasm_v128_xor(wasm_i8x16_narrow_i16x8(four, four), wasm_i8x16_const_splat((int8_t)0x80));
  wasm_v128_store16_lane(output[0] + column, samples, 0);
  wasm_v128_store16_lane(output[1] + column, samples, 1);
}

// ---- Fancy upsampling (jdsample.c): a triangle filter, three parts of the nearer and one of the further sample

#define CHUNK 16

GLOBAL(int) jsimd_can_h2v1_fancy_upsample(void) { return 1; }

static void widen(const uint8_t *in, uint32_t width, uint8_t *out) {
  const uint32_t last = width - 1;
  out[0] = in[0];
  uint32_t x = 0;
  const v128_t three = wasm_i16x8_const_splat(3), one = wasm_i16x8_const_splat(1), two = wasm_i16x8_const_splat(2);
  // Samples 1 to last - 1, in chunks that stay inside of the row.
  for (x = 1; x + CHUNK <= last; x += CHUNK) {
    const v128_t before = wasm_v128_load(in + x - 1), here = wasm_v128_load(in + x), after = wasm_v128_load(in + x + 1);
    v128_t even[2], odd[2];
#define HALF(part, i)                                                                                             \
  {                                                                                                               \
    const v128_t mine = wasm_i16x8_mul(wasm_u16x8_extend_##part##_u8x16(here), three);                            \
    even[i] = wasm_u16x8_shr(wasm_i16x8_add(wasm_i16x8_add(mine, wasm_u16x8_extend_##part##_u8x16(before)), one), 2); \
    odd[i] = wasm_u16x8_shr(wasm_i16x8_add(wasm_i16x8_add(mine, wasm_u16x8_extend_##part##_u8x16(after)), two), 2);   \
  }
    HALF(low, 0) HALF(high, 1)
#undef HALF
    wasm_v128_store(out + 2 * x, wasm_v128_or(even[0], wasm_i16x8_shl(odd[0], 8)));
    wasm_v128_store(out + 2 * x + 16, wasm_v128_or(even[1], wasm_i16x8_shl(odd[1], 8)));
  }
  for (; x < last; x++) {
    out[2 * x] = (uint8_t)((in[x] * 3 + in[x - 1] + 1) >> 2);
    out[2 * x + 1] = (uint8_t)((in[x] * 3 + in[x + 1] + 2) >> 2);
  }
  out[1] = (uint8_t)((in[0] * 3 + in[1] + 2) >> 2);
  out[2 * last] = (uint8_t)((in[last] * 3 + in[last - 1] + 1) >> 2);
  out[2 * last + 1] = in[last];
}

GLOBAL(void)
jsimd_h2v1_fancy_upsample(j_decompress_ptr cinfo, jpeg_component_info *compptr, JSAMPARRAY input, JSAMPARRAY *output) {
  for (int row = 0; row < cinfo->max_v_samp_factor; row++) widen(input[row], compptr->downsampled_width, (*output)[row]);
}

GLOBAL(int) jsimd_can_h2v2_fancy_upsample(void) { return 1; }

static inline int column_sum(const uint8_t *near, const uint8_t *far, uint32_t x) { return near[x] * 3 + far[x]; }

static void widen_between(const uint8_t *near, const uint8_t *far, uint32_t width, uint8_t *out) {
  const uint32_t last = width - 1;
  out[0] = (uint8_t)((column_sum(near, far, 0) * 4 + 8) >> 4);
  out[1] = (uint8_t)((column_sum(near, far, 0) * 3 + column_sum(near, far, 1) + 7) >> 4);
  const v128_t three = wasm_i16x8_const_splat(3), eight = wasm_i16x8_const_splat(8), seven = wasm_i16x8_const_splat(7);
#define SUM(part, x)                                                                                       \
  wasm_i16x8_add(wasm_i16x8_mul(wasm_u16x8_load8x8(near + (x) + part), three), wasm_u16x8_load8x8(far + (x) + part))
  uint32_t x = 1;
  for (; x + CHUNK <= last; x += CHUNK) {
    for (uint32_t part = 0; part < CHUNK; part += 8) {
      const v128_t before = SUM(part, x - 1), mine = wasm_i16x8_mul(SUM(part, x), three), after = SUM(part, x + 1);
      const v128_t even = wasm_u16x8_shr(wasm_i16x8_add(wasm_i16x8_add(mine, before), eight), 4);
      const v128_t odd = wasm_u16x8_shr(wasm_i16x8_add(wasm_i16x8_add(mine, after), seven), 4);
      wasm_v128_store(out + 2 * (x + part), wasm_v128_or(even, wasm_i16x8_shl(odd, 8)));
    }
  }
#undef SUM
  for (; x < last; x++) {
    const int mine = column_sum(near, far, x) * 3;
    out[2 * x] = (uint8_t)((mine + column_sum(near, far, x - 1) + 8) >> 4);
    out[2 * x + 1] = (uint8_t)((mine + column_sum(near, far, x + 1) + 7) >> 4);
  }
  out[2 * last] = (uint8_t)((column_sum(near, far, last) * 3 + column_sum(near, far, last - 1) + 8) >> 4);
  out[2 * last + 1] = (uint8_t)((column_sum(near, far, last) * 4 + 7) >> 4);
}

GLOBAL(void)
jsimd_h2v2_fancy_upsample(j_decompress_ptr cinfo, jpeg_component_info *compptr, JSAMPARRAY input, JSAMPARRAY *output) {
  const uint32_t width = compptr->downsampled_width;
  for (int row = 0; 2 * row < cinfo->max_v_samp_factor; row++) {
    widen_between(input[row], input[row - 1], width, (*output)[2 * row]);
    widen_between(input[row], input[row + 1], width, (*output)[2 * row + 1]);
  }
}

// ---- YCbCr to RGB (jdcolor.c), to bytes in the order R, G, B

GLOBAL(int) jsimd_can_ycc_rgb(void) { return 1; }

/** Eight pixels of 16 bits, the chroma centred; what is added is 0.5 of the 16 bits that are shifted out. */
static inline void convert8(v128_t y, v128_t cb, v128_t cr, v128_t *r, v128_t *g, v128_t *b) {
  const v128_t quarter = wasm_i16x8_const_splat(1 << 14);
#define SHIFTED(x, other, a, b)                                                                 \
  wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(wasm_i32x4_dot_i16x8(LOW(x, other), PAIR(a, b)), 16),  \
                          wasm_i32x4_shr(wasm_i32x4_dot_i16x8(HIGH(x, other), PAIR(a, b)), 16))
  // 1.40200 = 1 + 26345 / 65536; 1.77200 = 2 - 14942 / 65536; 0.71414 = 1 - 18734 / 65536
  *r = wasm_i16x8_add(wasm_i16x8_add(y, cr), SHIFTED(cr, quarter, 26345, 2));
  *b = wasm_i16x8_add(wasm_i16x8_add(y, wasm_i16x8_shl(cb, 1)), SHIFTED(cb, quarter, -14942, 2));
  const v128_t half = wasm_i32x4_const_splat(1 << 15);
  const v128_t low = wasm_i32x4_add(wasm_i32x4_dot_i16x8(LOW(cr, cb), PAIR(18734, -22554)), half);
  const v128_t high = wasm_i32x4_add(wasm_i32x4_dot_i16x8(HIGH(cr, cb), PAIR(18734, -22554)), half);
  *g = wasm_i16x8_add(wasm_i16x8_sub(y, cr), wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(low, 16), wasm_i32x4_shr(high, 16)));
#undef SHIFTED
}

static inline void convert16(const uint8_t *y, const uint8_t *cb, const uint8_t *cr, uint8_t *out) {
  const v128_t centre = wasm_i16x8_const_splat(128);
  v128_t r[2], g[2], b[2];
  for (int i = 0; i < 2; i++)
    convert8(wasm_u16x8_load8x8(y + 8 * i), wasm_i16x8_sub(wasm_u16x8_load8x8(cb + 8 * i), centre),
             wasm_i16x8_sub(wasm_u16x8_load8x8(cr + 8 * i), centre), &r[i], &g[i], &b[i]);
  const v128_t red = wasm_u8x16_narrow_i16x8(r[0], r[1]);
  const v128_t green = wasm_u8x16_narrow_i16x8(g[0], g[1]);
  const v128_t blue = wasm_u8x16_narrow_i16x8(b[0], b[1]);
  // Red and green by turns, then blue put between: two interleavings and an alignment cost an instruction each.
  const v128_t low = wasm_i8x16_shuffle(red, green, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const v128_t high = wasm_i8x16_shuffle(red, green, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const v128_t middle = wasm_i8x16_shuffle(low, high, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26);
  wasm_v128_store(out, wasm_i8x16_shuffle(low, blue, 0, 1, 16, 2, 3, 17, 4, 5, 18, 6, 7, 19, 8, 9, 20, 10));
  wasm_v128_store(out + 16, wasm_i8x16_shuffle(middle, blue, 0, 21, 1, 2, 22, 3, 4, 23, 5, 6, 24, 7, 8, 25, 9, 10));
  wasm_v128_store(out + 32, wasm_i8x16_shuffle(high, blue, 26, 6, 7, 27, 8, 9, 28, 10, 11, 29, 12, 13, 30, 14, 15, 31));
}

GLOBAL(void)
jsimd_ycc_rgb_convert(j_decompress_ptr cinfo, JSAMPIMAGE input, JDIMENSION first, JSAMPARRAY output, int rows) {
  const uint32_t width = cinfo->output_width;
  for (int row = 0; row < rows; row++) {
    const uint8_t *y = input[0][first + row], *cb = input[1][first + row], *cr = input[2][first + row];
    uint8_t *out = output[row];
    if (width < CHUNK) {
      // Through a chunk of its own: neither side may be read or written past its end.
      uint8_t in[3][CHUNK] = {{0}}, rgb[3 * CHUNK];
      for (uint32_t x = 0; x < width; x++) in[0][x] = y[x], in[1][x] = cb[x], in[2][x] = cr[x];
      convert16(in[0], in[1], in[2], rgb);
      memcpy(out, rgb, 3 * width);
      continue;
    }
    // The last chunk lies over the one before it where the width is no multiple.
    for (uint32_t next = 0; next < width; next += CHUNK) {
      const uint32_t x = next + CHUNK <= width ? next : width - CHUNK;
      convert16(y + x, cb + x, cr + x, out + 3 * x);
    }
  }
}
