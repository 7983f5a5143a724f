// What is summed up of the pixels of a square picture, in AssemblyScript with 128-bit SIMD: whole numbers all, so
// that every engine gives the same. Memory is laid out by ../image-quality.ts; pointers are byte addresses. The sums
// are u32. Works on 16 bytes at a time: the side is a multiple of 16, and up to 15 bytes past the luma are read.

/** Luma at or below which a pixel is as good as black, and at or above which as good as white. */
const BLACK: u8 = 12, WHITE: u8 = 250;
/** Every other line and pixel is looked at: it halves the time, and moves the figures by little. */
const STEP: usize = 2;
/** Half the width, in pixels, of the filter that blurs the picture once more. */
const REBLUR: usize = 4, WIDTH: usize = 2 * REBLUR + 1;
/** The lesion is looked for within this share of half the side: dermatoscopes leave the corners black. */
const MIDDLE: f64 = 0.95;
/** Pixels from a thin line to what lies beside it, and how much darker the line is. */
const LINE_REACH: usize = 3;
const LINE_DEPTH: u8 = 14;

/**
 * @param rgb 3 * side * side bytes
 * @param luma room for a byte a pixel, and 16 more
 * @param sums room for eight: those of measureLuma, blurAcross, blurDown and countLines, two each
 * @param tables room for 1024: those of countMiddle
 */
export function measureSquare(rgb: usize, side: usize, luma: usize, sums: usize, tables: usize): void {
  measureLuma(rgb, side * side, luma, sums);
  blurAcross(luma, side, sums + 8);
  blurDown(luma, side, sums + 16);
  countLines(luma, side, sums + 24);
  countMiddle(luma, side, tables);
}

/** Rec. 601 luma in whole numbers. Sums: of the luma, and the number of those as good as black or white. */
function measureLuma(rgb: usize, pixels: usize, luma: usize, sums: usize): void {
  let total = i32x4.splat(0);
  let clipped: u32 = 0;
  for (const end = luma + pixels; luma < end; luma += 16, rgb += 48) {
    // The halves of 48 bytes riffled like cards bring byte p to 2p mod 47; four times, byte 3i + c to 16c + i.
    const a0 = v128.load(rgb), b0 = v128.load(rgb, 16), c0 = v128.load(rgb, 32);
    const a1 = riffled(a0, last(b0)), b1 = riffled(last(a0), c0), c1 = riffled(b0, last(c0));
    const a2 = riffled(a1, last(b1)), b2 = riffled(last(a1), c1), c2 = riffled(b1, last(c1));
    const a3 = riffled(a2, last(b2)), b3 = riffled(last(a2), c2), c3 = riffled(b2, last(c2));
    const r = riffled(a3, last(b3)), g = riffled(last(a3), c3), b = riffled(b3, last(c3));
    const value = i8x16.narrow_i16x8_u(
      lumaOf(i16x8.extend_low_i8x16_u(r), i16x8.extend_low_i8x16_u(g), i16x8.extend_low_i8x16_u(b)),
      lumaOf(i16x8.extend_high_i8x16_u(r), i16x8.extend_high_i8x16_u(g), i16x8.extend_high_i8x16_u(b)),
    );
    v128.store(luma, value);
    total = i32x4.add(total, sumOfBytes(value));
    clipped += popcnt(i8x16.bitmask(
      v128.or(i8x16.le_u(value, i8x16.splat(BLACK)), i8x16.ge_u(value, i8x16.splat(WHITE))),
    ));
  }
  store<u32>(sums, sumOfLanes(total));
  store<u32>(sums, clipped, 4);
}

/** The first eight bytes of both, by turns. */
// @ts-ignore: decorator
@inline
function riffled(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** The last eight bytes, as the first. */
// @ts-ignore: decorator
@inline
function last(bytes: v128): v128 {
  return i64x2.shuffle(bytes, bytes, 1, 1);
}

/** Of eight pixels in words. */
// @ts-ignore: decorator
@inline
function lumaOf(r: v128, g: v128, b: v128): v128 {
  const reddish = i16x8.add(i16x8.mul(r, i16x8.splat(77)), i16x8.mul(b, i16x8.splat(29)));
  return i16x8.shr_u(i16x8.add(reddish, i16x8.mul(g, i16x8.splat(150))), 8);
}

/**
 * Sums of Crété et al. 2007, equations 2 to 5, along every other row: all differences of neighbours, and what of them
 * a blur takes away.
 *
 * In units of 1 / width of a grey level, so that all of it stays whole numbers. The blurred picture's difference is
 * that of two windows which share all but their ends.
 */
function blurAcross(luma: usize, side: usize, sums: usize): void {
  let differences = i32x4.splat(0), lost = i32x4.splat(0);
  for (let line: usize = 0; line < side; line += STEP) {
    for (let x = REBLUR + 1; x < side - REBLUR; x += 16) {
      const at = luma + line * side + x;
      const sharp = v128.and(distance(v128.load(at), v128.load(at - 1)), firstLanes(side - REBLUR - x));
      const blurred = distance(v128.load(at + REBLUR), v128.load(at - REBLUR - 1));
      const low = i16x8.extend_low_i8x16_u(sharp), high = i16x8.extend_high_i8x16_u(sharp);
      differences = i32x4.add(differences, sumOfWords(i16x8.add(low, high)));
      lost = i32x4.add(lost, sumOfWords(i16x8.add(
        takenAway(low, i16x8.extend_low_i8x16_u(blurred)),
        takenAway(high, i16x8.extend_high_i8x16_u(blurred)),
      )));
    }
  }
  storeBlur(sums, differences, lost);
}

/** {@link blurAcross} along every other column. */
function blurDown(luma: usize, side: usize, sums: usize): void {
  let differences = i32x4.splat(0), lost = i32x4.splat(0);
  const even = i16x8.splat(0xff);
  for (let y = REBLUR + 1; y < side - REBLUR; y++) {
    let at = luma + y * side;
    for (const end = at + side; at < end; at += 16) {
      const sharp = v128.and(distance(v128.load(at), v128.load(at - side)), even);
      const blurred = v128.and(
        distance(v128.load(at + REBLUR * side), v128.load(at - (REBLUR + 1) * side)), even,
      );
      differences = i32x4.add(differences, sumOfWords(sharp));
      lost = i32x4.add(lost, sumOfWords(takenAway(sharp, blurred)));
    }
  }
  storeBlur(sums, differences, lost);
}

/** Of differences in words, sharp and blurred: what the blur takes away, where it does. */
// @ts-ignore: decorator
@inline
function takenAway(sharp: v128, blurred: v128): v128 {
  return i16x8.sub_sat_u(i16x8.mul(sharp, i16x8.splat(<i16>WIDTH)), blurred);
}

// @ts-ignore: decorator
@inline
function storeBlur(sums: usize, differences: v128, lost: v128): void {
  store<u32>(sums, <u32>WIDTH * sumOfLanes(differences));
  store<u32>(sums, sumOfLanes(lost), 4);
}

/** Of every other line and pixel within the middle circle, how many have which luma: 256 u32, from four tables of as many. */
function countMiddle(luma: usize, side: usize, tables: usize): void {
  memory.fill(tables, 0, 4096);
  const centre = <f64>(side - 1) / 2;
  const radius = centre * MIDDLE;
  for (let y: usize = 0; y < side; y += STEP) {
    const away = <f64>y - centre;
    const half = sqrt(max(0, radius * radius - away * away));
    const end = luma + y * side + <usize>floor(centre + half);
    // Four tables by turns: a count of the same luma need not wait for the one before.
    for (let at = luma + y * side + <usize>ceil(centre - half), turn: usize = 0; at <= end; at += STEP, turn += 1024) {
      const count = tables + (turn & 3072) + (<usize>load<u8>(at) << 2);
      store<u32>(count, load<u32>(count) + 1);
    }
  }
  for (let count = tables; count < tables + 1024; count += 16) {
    v128.store(count, i32x4.add(
      i32x4.add(v128.load(count), v128.load(count, 1024)), i32x4.add(v128.load(count, 2048), v128.load(count, 3072)),
    ));
  }
}

/**
 * Sums over the pixels that {@link countMiddle} counts, in bytes: of those whose luma is at most `threshold` their
 * number, red, green and blue; the same of all; and of all the squares of red less green and of blue less green.
 */
export function sumColours(rgb: usize, luma: usize, side: usize, threshold: u32, sums: usize): void {
  let darks: u32 = 0, darkRed: u32 = 0, darkGreen: u32 = 0, darkBlue: u32 = 0;
  let all: u32 = 0, red: u32 = 0, green: u32 = 0, blue: u32 = 0, redSquares: u32 = 0, blueSquares: u32 = 0;
  const centre = <f64>(side - 1) / 2;
  const radius = centre * MIDDLE;
  for (let y: usize = 0; y < side; y += STEP) {
    const away = <f64>y - centre;
    const half = sqrt(max(0, radius * radius - away * away));
    const end = y * side + <usize>floor(centre + half);
    for (let at = y * side + <usize>ceil(centre - half); at <= end; at += STEP) {
      const r: u32 = load<u8>(rgb + 3 * at), g: u32 = load<u8>(rgb + 3 * at, 1), b: u32 = load<u8>(rgb + 3 * at, 2);
      const dark: u32 = -(load<u8>(luma + at) <= threshold ? 1 : 0);
      darks -= dark;
      darkRed += r & dark;
      darkGreen += g & dark;
      darkBlue += b & dark;
      all++;
      red += r;
      green += g;
      blue += b;
      redSquares += (r - g) * (r - g);
      blueSquares += (b - g) * (b - g);
    }
  }
  store<u32>(sums, darks);
  store<u32>(sums, darkRed, 4);
  store<u32>(sums, darkGreen, 8);
  store<u32>(sums, darkBlue, 12);
  store<u32>(sums, all, 16);
  store<u32>(sums, red, 20);
  store<u32>(sums, green, 24);
  store<u32>(sums, blue, 28);
  store<u32>(sums, redSquares, 32);
  store<u32>(sums, blueSquares, 36);
}

/** Pixels that are darker than both of their neighbours at a small distance, across or down; and all looked at. */
function countLines(luma: usize, side: usize, sums: usize): void {
  const end = side - LINE_REACH;
  const even = i16x8.splat(0xff);
  let found: u32 = 0, seen: u32 = 0;
  for (let y = LINE_REACH; y < end; y += STEP) {
    for (let x = LINE_REACH; x < end; x += 16) {
      const at = luma + y * side + x;
      const across = i8x16.min_u(v128.load(at - LINE_REACH), v128.load(at + LINE_REACH));
      const down = i8x16.min_u(v128.load(at - LINE_REACH * side), v128.load(at + LINE_REACH * side));
      const limit = i8x16.add_sat_u(v128.load(at), i8x16.splat(LINE_DEPTH));
      const wanted = v128.and(even, firstLanes(end - x));
      found += popcnt(i8x16.bitmask(v128.and(i8x16.gt_u(i8x16.max_u(across, down), limit), wanted)));
      seen += popcnt(i8x16.bitmask(wanted));
    }
  }
  store<u32>(sums, found);
  store<u32>(sums, seen, 4);
}

// @ts-ignore: decorator
@inline
function distance(a: v128, b: v128): v128 {
  return v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a));
}

/** All ones in the first `count` bytes. */
// @ts-ignore: decorator
@inline
function firstLanes(count: usize): v128 {
  return i8x16.lt_u(
    i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<u8>min<usize>(count, 16)),
  );
}

// @ts-ignore: decorator
@inline
function sumOfBytes(bytes: v128): v128 {
  return sumOfWords(i16x8.extadd_pairwise_i8x16_u(bytes));
}

/** Of words below 2^15. */
// @ts-ignore: decorator
@inline
function sumOfWords(words: v128): v128 {
  return i32x4.dot_i16x8_s(words, i16x8.splat(1));
}

// @ts-ignore: decorator
@inline
function sumOfLanes(sums: v128): u32 {
  return i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1)
    + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
}
