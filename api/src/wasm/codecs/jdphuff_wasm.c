// libjpeg's Huffman decoder of progressive JPEGs (jdphuff.c), which here does not write behind a band's end.
#define JPEG_INTERNALS
#include <jinclude.h>
#include <jpeglib.h>
#include "jpeg_checks.h"

// Each use is the place of a coefficient `k` of a band that ends with `Se`.
#define jpeg_natural_order (in_block(k, Se), jpeg_natural_order)
#include <jdphuff.c>

void progressive_spare(j_decompress_ptr cinfo, struct spare_bytes *spare) {
  const phuff_entropy_ptr entropy = (phuff_entropy_ptr)cinfo->entropy;
  // A run of empty blocks that is longer than the picture.
  if (entropy->saved.EOBRUN != 0) fail(CORRUPT);
  const int bits = entropy->bitstate.bits_left;
  for (int at = bits - bits % 8; at > 0; at -= 8) add_spare(spare, (uint8_t)(entropy->bitstate.get_buffer >> (at - 8)));
  const uint32_t padding = (1u << bits % 8) - 1;
  spare->padded = ((entropy->bitstate.get_buffer >> (bits - bits % 8)) & padding) == padding;
}
