// The Huffman decoder of baseline JPEGs: libjpeg's (jdhuff.c), but for the decoding of an MCU. That takes
// two coefficients and the block's end at one look into a table, and refills its 64 bits from a copy of
// the stream without the zeros after FF, with no branch to mispredict. The coefficients are the same:
// where a segment's data end inside of an MCU, or the file has no end, libjpeg's own code decodes.
#define JPEG_INTERNALS
#include <jinclude.h>
#include <jpeglib.h>
#include "jpeg_checks.h"

// Each use is the place of a coefficient `k` of a block.
#define jpeg_natural_order (in_block(k, DCTSIZE2 - 1), jpeg_natural_order)
#define jinit_huff_decoder unused_jinit_huff_decoder
#include <jdhuff.c>
#undef jinit_huff_decoder
#undef jpeg_natural_order
#include <stdint.h>
#include <wasm_simd128.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

// ---- Tables, looked into by the next LOOK bits of the stream

#define LOOK 11
#define LOOK_MASK ((1u << LOOK) - 1)
/** Looks between two refills: each takes LOOK bits at most of the 56 there are. */
#define LOOKS (56 / LOOK)
/** Added to the position in the block by its end: what is not past the block then was in order. */
#define END 128

/**
 * What fits into LOOK bits of: a coefficient or 16 zeros, a second one of less than 8 bits, the block's end.
 * Where not even one does, `length` is 0, and the first is `first` zeros and a value of `second` bits behind
 * a code of `first_length`, which is 0 if the code is longer than LOOK.
 */
typedef struct {
  uint8_t length;   // bits of all
  uint8_t advance;  // positions in the block, and END
  uint8_t first;    // from the position before, in zigzag order
  uint8_t second;
  int16_t first_value;  // 0 is what is there already
  int8_t second_value;
  uint8_t first_length;
} look;

/** The most bits that are skipped at once; the value of the last coefficient may go past LOOK. */
#define SKIP 14
#define SKIPS (56 / SKIP)

/** Where only the DC coefficient is wanted: as many symbols as begin in LOOK bits. */
typedef struct {
  uint8_t length;  // 0: the first is longer
  uint8_t advance;
} skip;

typedef struct {
  uint8_t length;  // of code and value; 0: the code is longer than HUFF_LOOKAHEAD
  uint8_t code_length;
  uint8_t size;
} dc_look;

/** The tables of a block of the MCU. */
typedef struct {
  const d_derived_tbl *dc, *ac;
  const dc_look *dc_looks;
  const look *looks;  // NULL where only the DC coefficient is wanted
  const skip *skips;
  int most_dc;  // no picture has more, or less than the negative
} block_tables;

/** Figure F.12: the value of so many bits. */
static inline int extended(uint32_t bits, uint32_t size) {
  const int half = (1 << size) >> 1;
  return (int)bits + ((((int)bits - half) >> 31) & (1 - (1 << size)));
}

/** The code that each LOOK bits begin with. */
typedef struct {
  uint8_t length;  // 0: longer than LOOK
  uint8_t symbol;
} code;

static void fill_codes(const JHUFF_TBL *from, code *codes) {
  uint32_t at = 0;
  int symbols = 0;
  for (int length = 1; length <= LOOK; length++)
    for (int i = 0; i < from->bits[length]; i++, symbols++)
      for (uint32_t rest = 0; rest < 1u << (LOOK - length); rest++) codes[at++] = (code){(uint8_t)length, from->huffval[symbols]};
  while (at < 1u << LOOK) codes[at++] = (code){0, 0};
}

static void fill_looks(const code *codes, look *looks) {
  static look single[1 << LOOK];
  uint32_t end_length = LOOK + 1, end_at = 0;
  for (uint32_t at = 0; at <= LOOK_MASK;) {
    const code here = codes[at];
    const uint32_t run = here.symbol >> 4, size = here.symbol & 15, length = here.length + size;
    if (here.length == 0) {
      single[at++] = (look){0};
      continue;
    }
    const uint32_t codes_end = at + (1u << (LOOK - here.length));
    look entry = {.first = (uint8_t)run, .first_length = here.length};
    if (size == 0) {
      entry.first = 0;
      entry.length = here.length;
      entry.advance = run == 15 ? 16 : END;
      if (run != 15) end_length = here.length, end_at = at;
      while (at < codes_end) single[at++] = entry;
    } else if (length > LOOK) {
      entry.second = (uint8_t)size;
      while (at < codes_end) single[at++] = entry;
    } else {
      entry.length = (uint8_t)length;
      entry.advance = entry.second = (uint8_t)(run + 1);
      for (uint32_t bits = 0; bits < 1u << size; bits++) {
        entry.first_value = (int16_t)extended(bits, size);
        for (uint32_t rest = 0; rest < 1u << (LOOK - length); rest++) single[at++] = entry;
      }
    }
  }
  // Then what the bits after the first symbol do alone is added, field by field in one number.
  for (uint32_t i = 0; i <= LOOK_MASK; i++) {
    uint64_t entry, next;
    memcpy(&entry, &single[i], sizeof(entry));
    uint32_t length = single[i].length;
    const look *after = &single[(i << length) & LOOK_MASK];
    memcpy(&next, after, sizeof(next));
    const int fits = single[i].first_value != 0 && after->length != 0 && length + after->length <= LOOK &&
                     after->first_value == (int8_t)after->first_value;
    if (fits) {
      entry += (next & 0xffff) + ((next >> 16 & 0xff) << 24) + ((next >> 32 & 0xff) << 48);
      length += after->length;
      if (after->first_value != 0 && length + end_length <= LOOK &&
          (((i << length) ^ end_at) & LOOK_MASK) >> (LOOK - end_length) == 0)
        entry += end_length | END << 8;
    }
    memcpy(&looks[i], &entry, sizeof(entry));
  }
}

static void fill_skips(const code *codes, skip *skips) {
  for (uint32_t i = 0; i <= LOOK_MASK; i++) {
    uint32_t length = 0, advance = 0;
    while (length < LOOK && advance < DCTSIZE2) {
      const code here = codes[(i << length) & LOOK_MASK];
      const uint32_t run = here.symbol >> 4, size = here.symbol & 15;
      if (here.length == 0 || length + here.length > LOOK || length + here.length + size > SKIP) break;
      length += here.length + size;
      advance += size != 0 ? run + 1 : run == 15 ? 16 : END;
    }
    skips[i] = (skip){(uint8_t)length, (uint8_t)advance};
  }
}

static void fill_dc_looks(const d_derived_tbl *from, dc_look *looks) {
  for (uint32_t i = 0; i < 1 << HUFF_LOOKAHEAD; i++) {
    const uint8_t length = (uint8_t)(from->lookup[i] >> HUFF_LOOKAHEAD), size = from->lookup[i] & 15;
    looks[i] = length > HUFF_LOOKAHEAD ? (dc_look){0} : (dc_look){(uint8_t)(length + size), length, size};
  }
}

/** What was made of the AC tables of this or an earlier picture: many have the standard ones. */
static struct {
  JHUFF_TBL looks_of, skips_of;
  look looks[1 << LOOK];
  skip skips[1 << LOOK];
} made[NUM_HUFF_TBLS];

/** Whether what was made is of another table than this one, which it will be of. */
static boolean is_new(JHUFF_TBL *known, const JHUFF_TBL *table) {
  if (memcmp(known->bits, table->bits, sizeof(table->bits)) == 0 &&
      memcmp(known->huffval, table->huffval, sizeof(table->huffval)) == 0)
    return FALSE;
  *known = *table;
  return TRUE;
}

/** jpeg_natural_order in bytes; what is past the block, as the next block's may be, lands on its last coefficient. */
static const uint8_t natural_order[DCTSIZE2 + 32] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63};

// ---- The stream

typedef struct {
  const uint8_t *next;  // above the next byte: the stream goes down in memory, so that eight bytes are one number
  uint64_t bits;        // the next ones, from the highest down
  uint32_t count;       // so many of them
} stream;

#define FILL()                                     \
  do {                                             \
    uint64_t eight;                                \
    memcpy(&eight, next - 8, 8);                   \
    bits |= eight >> count;                        \
    next -= (63 - count) >> 3;                     \
    count |= 56;                                   \
  } while (0)

#define TAKE(n) (bits <<= (n), count -= (n))

/** Bytes that a block takes at most (64 symbols of 16 bits and 15 of value), with those that are read ahead. */
#define PADDING (DCTSIZE2 * 4 + 16)

typedef struct {
  huff_entropy_decoder stock;
  block_tables tables[D_MAX_BLOCKS_IN_MCU];
  dc_look dc_looks[NUM_HUFF_TBLS][1 << HUFF_LOOKAHEAD];
  stream in;
  const uint8_t *last_marker;  // of the file; NULL if there is none behind the first scan's header
  boolean ends;                // the scan, with a marker
  boolean cleaned;             // there is something in `clean`, and libjpeg's reader is behind it
  boolean stopped;             // `clean` ends where the data do, and zeros follow
  const uint8_t *last;         // of the bytes in `clean`
  uint8_t clean[8192];
} decoder;

/** Back to libjpeg's own reading, before what is not yet decoded. */
static void leave(j_decompress_ptr cinfo, decoder *entropy) {
  if (!entropy->cleaned) return;
  uint32_t back = 0;
  for (const uint8_t *byte = entropy->last; byte < entropy->in.next; byte++) back += 1 + (*byte == 0xff);
  cinfo->src->next_input_byte -= back;
  cinfo->src->bytes_in_buffer += back;
  entropy->stock.bitstate.bits_left = (int)entropy->in.count;
  entropy->stock.bitstate.get_buffer = entropy->in.count == 0 ? 0 : entropy->in.bits >> (64 - entropy->in.count);
  entropy->cleaned = FALSE;
}

/** Copies what comes up to the next marker, or as much as there is room, without the zeros after FF. */
static void clean(j_decompress_ptr cinfo, decoder *entropy) {
  const uint8_t *from = cinfo->src->next_input_byte, *const end = from + cinfo->src->bytes_in_buffer;
  uint8_t *to = entropy->clean + sizeof(entropy->clean), *const lowest = entropy->clean + PADDING + 16;
  entropy->in.next = to;
  entropy->in.count = (uint32_t)entropy->stock.bitstate.bits_left;
  entropy->in.bits = entropy->in.count == 0 ? 0 : entropy->stock.bitstate.get_buffer << (64 - entropy->in.count);
  entropy->stopped = FALSE;
  while (to >= lowest) {
    if (end - from >= 16) {
      const v128_t bytes = wasm_v128_load(from);
      const v128_t ff = wasm_i8x16_eq(bytes, wasm_i8x16_const_splat(-1));
      wasm_v128_store(to - 16, wasm_i8x16_shuffle(bytes, bytes, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
      if (LIKELY(!wasm_v128_any_true(ff))) {
        from += 16;
        to -= 16;
        continue;
      }
      const uint32_t before = (uint32_t)__builtin_ctz(wasm_i8x16_bitmask(ff));
      from += before;
      to -= before;
    }
    if (from == end || (*from == 0xff && (from + 1 == end || from[1] != 0))) {
      entropy->stopped = TRUE;
      break;
    }
    *--to = *from;
    from += *from == 0xff ? 2 : 1;
  }
  if (entropy->stopped) memset(to - PADDING, 0, PADDING);
  entropy->last = to;
  entropy->cleaned = TRUE;
  cinfo->src->bytes_in_buffer = (size_t)(end - from);
  cinfo->src->next_input_byte = from;
}

/** A symbol whose code is longer than `length` bits: the code's length << 8 | symbol. */
static __attribute__((noinline)) uint32_t long_symbol(const d_derived_tbl *table, uint64_t bits, uint32_t length) {
  do length++;
  while ((JLONG)(bits >> (64 - length)) > table->maxcode[length]);
  if (length > 16) return length << 8;
  return length << 8 | table->pub->huffval[((JLONG)(bits >> (64 - length)) + table->valoffset[length]) & 0xff];
}

// The second first: past the block, in corrupt data or as the next block's, it lands on the last coefficient.
#define LOOK_ONCE()                                                        \
  do {                                                                     \
    here = &looks[bits >> (64 - LOOK)];                                    \
    if (UNLIKELY(here->length == 0)) goto long_one;                        \
    block[natural_order[position + here->second]] = here->second_value;    \
    block[natural_order[position + here->first]] = here->first_value;      \
    position += here->advance;                                             \
    before = bits;                                                         \
    TAKE(here->length);                                                    \
    if (position >= DCTSIZE2) goto ended;                                  \
  } while (0)

/** Decodes an MCU from `clean`; FALSE, with nothing but coefficients changed, where it does not suffice. */
static boolean decode_whole_mcu(j_decompress_ptr cinfo, JBLOCKROW *blocks) {
  decoder *entropy = (decoder *)cinfo->entropy;
  const uint8_t *next = entropy->in.next;
  uint64_t bits = entropy->in.bits;
  uint32_t count = entropy->in.count;
  savable_state saved = entropy->stock.saved;

  for (int number = 0; number < cinfo->blocks_in_MCU; number++) {
    const block_tables *tables = &entropy->tables[number];
    JCOEF *block = *blocks[number];
    FILL();
    const dc_look dc = tables->dc_looks[bits >> (64 - HUFF_LOOKAHEAD)];
    uint32_t length = dc.length, code_length = dc.code_length, size = dc.size;
    if (UNLIKELY(length == 0)) {
      const uint32_t symbol = long_symbol(tables->dc, bits, HUFF_LOOKAHEAD);
      code_length = symbol >> 8;
      size = symbol & 15;
      length = code_length + size;
    }
    int *last = &saved.last_dc_val[cinfo->MCU_membership[number]];
    *last += extended((uint32_t)(bits << code_length >> 1 >> (63 - size)), size);
    block[0] = (JCOEF)*last;
    if (UNLIKELY(*last > tables->most_dc || *last < -tables->most_dc)) fail(CORRUPT);
    TAKE(length);

    const look *looks = tables->looks;
    uint32_t position = 1;
    uint64_t before;
    if (looks == NULL) {
      const skip *skips = tables->skips;
      for (;;) {
        FILL();
#pragma unroll
        for (int i = 0; i < SKIPS; i++) {
          const skip here = skips[bits >> (64 - LOOK)];
          if (UNLIKELY(here.length == 0)) goto skip_one;
          if (position + here.advance >= DCTSIZE2) {
            // Past the block's end but by END, a part of it is the next block's.
            if (position + here.advance != DCTSIZE2 && position + here.advance - END >= DCTSIZE2) goto skip_one;
            TAKE(here.length);
            goto next_block;
          }
          position += here.advance;
          TAKE(here.length);
        }
        continue;
      skip_one:
        FILL();
        const uint32_t symbol = long_symbol(tables->ac, bits, 0);
        TAKE(symbol >> 8);
        size = symbol & 15;
        TAKE(size);
        if (size == 0 && (symbol >> 4 & 15) != 15) goto next_block;
        position += (symbol >> 4 & 15) + 1;
        in_block((int)position, DCTSIZE2);
        if (position == DCTSIZE2) goto next_block;
      }
    }
    const look *here;
    boolean one_by_one = FALSE;
    if (UNLIKELY(length > 56 - 3 * LOOK)) FILL();
    LOOK_ONCE();
    LOOK_ONCE();
    LOOK_ONCE();
    for (;;) {
      FILL();
#pragma unroll
      for (int i = 0; i < LOOKS; i++) LOOK_ONCE();
      continue;
    ended:
      if (LIKELY(position - END < DCTSIZE2 || position == DCTSIZE2)) goto next_block;
      // Something was taken after what filled the block: back.
      position -= here->advance;
      bits = before;
      count += here->length;
      one_by_one = TRUE;
    long_one:
      do {
        FILL();
        uint32_t run = here->first;
        length = here->first_length;
        size = here->second;
        if (length == 0 || one_by_one) {
          const uint32_t symbol = long_symbol(tables->ac, bits, one_by_one ? 0 : LOOK);
          length = symbol >> 8;
          run = symbol >> 4 & 15;
          size = symbol & 15;
        }
        TAKE(length);
        if (size == 0) {
          if (run != 15) goto next_block;
          position += 16;
        } else {
          position += run;
          block[natural_order[position++]] = (JCOEF)extended((uint32_t)(bits >> (64 - size)), size);
          TAKE(size);
        }
        in_block((int)position, DCTSIZE2);
        if (position == DCTSIZE2) goto next_block;
      } while (one_by_one);
    }
  next_block:
    if (UNLIKELY(next < entropy->last)) {
      const uint32_t missing = 8 * (uint32_t)(entropy->last - next);
      if (count < missing) return FALSE;
      count -= missing;
      next = entropy->last;
    }
  }

  entropy->in = (stream){next, bits, count};
  entropy->stock.saved = saved;
  return TRUE;
}

static boolean decode_mcu_of_baseline(j_decompress_ptr cinfo, JBLOCKROW *blocks) {
  decoder *entropy = (decoder *)cinfo->entropy;
  // Whether data without an end still suffice depends on how libjpeg reads ahead.
  if (!entropy->ends) return decode_mcu(cinfo, blocks);
  if (cinfo->restart_interval && entropy->stock.restarts_to_go == 0) {
    entropy->cleaned = FALSE;
    if (!process_restart(cinfo)) return FALSE;
  }
  // Without data the MCU stays grey.
  if (!entropy->stock.pub.insufficient_data) {
    boolean done = FALSE;
    if (cinfo->unread_marker == 0) {
      if (entropy->cleaned && !entropy->stopped && entropy->in.next - entropy->last < cinfo->blocks_in_MCU * PADDING)
        leave(cinfo, entropy);
      if (!entropy->cleaned) clean(cinfo, entropy);
      done = decode_whole_mcu(cinfo, blocks);
      // What came of the zeros behind the data is not always what comes of what libjpeg finds there.
      for (int i = 0; !done && i < cinfo->blocks_in_MCU; i++) memset(blocks[i], 0, sizeof(JBLOCK));
    }
    if (!done) {
      leave(cinfo, entropy);
      if (!decode_mcu_slow(cinfo, blocks)) return FALSE;
    }
  }
  if (cinfo->restart_interval) entropy->stock.restarts_to_go--;
  return TRUE;
}

/** A block of black or of white has -1024 or 1016 (T.81, A.3.3); encoders that search for small files round freely. */
static int most_dc(int quantum) { return (1024 + 32) / quantum + 2; }

static void start_pass(j_decompress_ptr cinfo) {
  static code codes[1 << LOOK];
  decoder *entropy = (decoder *)cinfo->entropy;
  start_pass_huff_decoder(cinfo);
  entropy->cleaned = FALSE;
  entropy->ends = entropy->last_marker >= cinfo->src->next_input_byte &&
                  (entropy->last_marker[1] < JPEG_RST0 || entropy->last_marker[1] > JPEG_RST0 + 7);
  for (int number = 0; number < cinfo->blocks_in_MCU; number++) {
    const jpeg_component_info *component = cinfo->cur_comp_info[cinfo->MCU_membership[number]];
    const int dc = component->dc_tbl_no, ac = component->ac_tbl_no;
    const boolean wanted = entropy->stock.ac_needed[number];
    const JHUFF_TBL *table = cinfo->ac_huff_tbl_ptrs[ac];
    if (is_new(wanted ? &made[ac].looks_of : &made[ac].skips_of, table)) {
      fill_codes(table, codes);
      if (wanted) fill_looks(codes, made[ac].looks);
      else fill_skips(codes, made[ac].skips);
    }
    if (number == 0 || cinfo->MCU_membership[number] != cinfo->MCU_membership[number - 1])
      fill_dc_looks(entropy->stock.dc_cur_tbls[number], entropy->dc_looks[dc]);
    entropy->tables[number] = (block_tables){
        .dc = entropy->stock.dc_cur_tbls[number],
        .ac = entropy->stock.ac_cur_tbls[number],
        .dc_looks = entropy->dc_looks[dc],
        .looks = wanted ? made[ac].looks : NULL,
        .skips = wanted ? NULL : made[ac].skips,
        .most_dc = most_dc(component->quant_table->quantval[0]),
    };
  }
}

void huffman_spare(j_decompress_ptr cinfo, struct spare_bytes *spare) {
  decoder *entropy = (decoder *)cinfo->entropy;
  leave(cinfo, entropy);
  const int bits = entropy->stock.bitstate.bits_left;
  const uint64_t buffer = entropy->stock.bitstate.get_buffer;
  for (int at = bits - bits % 8; at > 0; at -= 8) add_spare(spare, (uint8_t)(buffer >> (at - 8)));
  const uint32_t padding = (1u << bits % 8) - 1;
  spare->padded = (buffer >> (bits - bits % 8) & padding) == padding;
}

/** The last marker in so many bytes; NULL if there is none. */
static const uint8_t *find_last_marker(const uint8_t *from, size_t size) {
  for (; size >= 2; size--) {
    const uint8_t *at = from + size - 2;
    if (*at == 0xff && at[1] != 0 && at[1] != 0xff) return at;
  }
  return NULL;
}

GLOBAL(void) jinit_huff_decoder(j_decompress_ptr cinfo) {
  std_huff_tables((j_common_ptr)cinfo);
  decoder *entropy = cinfo->mem->alloc_small((j_common_ptr)cinfo, JPOOL_IMAGE, sizeof(decoder));
  memset(entropy, 0, sizeof(decoder));
  entropy->stock.pub.start_pass = start_pass;
  entropy->stock.pub.decode_mcu = decode_mcu_of_baseline;
  entropy->last_marker = find_last_marker(cinfo->src->next_input_byte, cinfo->src->bytes_in_buffer);
  cinfo->entropy = (struct jpeg_entropy_decoder *)entropy;
}
