// What tells that a JPEG's data were changed on their way: what no encoder writes, and libjpeg decodes without an
// error. Each of these ends the decoding; see README.md for what is caught with which.
#pragma once
#include <stdint.h>

// The order of FAULTS in image-decoder.ts.
enum fault { CUT_OFF = 0, CORRUPT = 1, OUT_OF_MEMORY = 2, CMYK_WITHOUT_PROFILE = 3, COLOUR_MODEL = 4 };

__attribute__((import_module("env"), import_name("fail"), noreturn)) void fail(int32_t fault);

/** In front of a coefficient at `position` of a block or band whose last one is `last`. */
static inline int in_block(int position, int last) {
  if (__builtin_expect(position > last, 0)) fail(CORRUPT);
  return 0;
}

/** What a scan's data hold that no block needed, up to the next marker. */
struct spare_bytes {
  uint32_t count;
  uint32_t not_zero, not_ff;
  uint32_t padded;  // the bits before them are all ones, as T.81, F.1.2.3 wants them
};

static inline void add_spare(struct spare_bytes *spare, uint8_t byte) {
  spare->count++;
  spare->not_zero += byte != 0;
  spare->not_ff += byte != 0xff;
}

struct jpeg_decompress_struct;
/** What is left in the bit buffer of the scan that has just been decoded. */
void huffman_spare(struct jpeg_decompress_struct *, struct spare_bytes *);
void progressive_spare(struct jpeg_decompress_struct *, struct spare_bytes *);
