// What tells that a WebP's data were changed on their way: neither of its codecs has a checksum, and both decode
// whatever bits there are. Changed data are nearly always used up too early or too late. Where they end before the
// picture, libwebp fails; here the bytes are counted that no pixel needed. build.sh has libwebp call these functions.
#include "jpeg_checks.h"
#include "src/dec/vp8i_dec.h"
#include "src/dec/vp8li_dec.h"

/** Behind the last bit that was needed: what an arithmetic encoder flushes, and a byte that makes a chunk even. */
#define MOST_SPARE_BYTES 5

static void need_used_up(size_t spare) {
  if (spare > MOST_SPARE_BYTES) fail(CORRUPT);
}

static void need_partition_used_up(const VP8BitReader *reader) {
  // Negative: less than the window is left.
  const size_t loaded = reader->bits > 0 ? (size_t)reader->bits / 8 : 0;
  if (!reader->eof) need_used_up((size_t)(reader->buf_end - reader->buf) + loaded);
}

/** `VP8Decode` of data that are used up, in each partition. */
int vp8_decode_all(VP8Decoder *dec, VP8Io *io) {
  if (!VP8Decode(dec, io)) return 0;
  need_partition_used_up(&dec->br);
  for (uint32_t i = 0; i <= dec->num_parts_minus_one; i++) need_partition_used_up(&dec->parts[i]);
  return 1;
}

/** `VP8LDecodeImage` of data that are used up. */
int vp8l_decode_all(VP8LDecoder *dec) {
  if (!VP8LDecodeImage(dec)) return 0;
  const VP8LBitReader *reader = &dec->br;
  if (reader->eos) return 1;
  const size_t window = reader->len < 8 ? 8 * reader->len : 64;
  const size_t loaded = (size_t)reader->bit_pos < window ? (window - (size_t)reader->bit_pos) / 8 : 0;
  need_used_up(reader->len - reader->pos + loaded);
  return 1;
}
