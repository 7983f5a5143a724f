// Decodes JPEG, PNG and WebP files to 8-bit sRGB as displayed, in bounded memory: libjpeg's scaled
// decoding, PNG rows averaged as they come, libwebp's rescaler; colours by Little CMS.
// Compiled to decoder.wasm by build.sh. An error leaves through `fail`, which throws in JavaScript:
// the instance is not used again.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define JPEG_INTERNALS
#include <jpeglib.h>
#include <jerror.h>
#include <lcms2.h>
#include <png.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include "jpeg_checks.h"

#define EXPORT(name) __attribute__((export_name(name)))

// ---- Memory: an arena that is emptied before each file. The block on top can be freed or grown.

extern unsigned char __heap_base;
static uintptr_t arena_top;
static uintptr_t arena_last;

#define ALIGNMENT 16u
#define HEADER 16u

static size_t *size_of(uintptr_t block) { return (size_t *)(block - HEADER); }

void *malloc(size_t size) {
  uintptr_t block = arena_top + HEADER;
  size_t room = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
  if (room < size || block + room < block) return NULL;
  uintptr_t end = block + room;
  uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) << 16;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + 0xffff) >> 16) == (size_t)-1) return NULL;
  *size_of(block) = room;
  arena_last = block;
  arena_top = end;
  return (void *)block;
}

void free(void *pointer) {
  if (pointer == NULL || (uintptr_t)pointer != arena_last) return;
  arena_top = arena_last - HEADER;
  arena_last = 0;
}

void *calloc(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  void *pointer = malloc(count * size);
  if (pointer != NULL) memset(pointer, 0, count * size);
  return pointer;
}

void *realloc(void *pointer, size_t size) {
  if (pointer == NULL) return malloc(size);
  size_t old = *size_of((uintptr_t)pointer);
  if (size <= old) return pointer;
  if ((uintptr_t)pointer == arena_last) {
    arena_top = arena_last - HEADER;
    return malloc(size);
  }
  void *moved = malloc(size);
  if (moved != NULL) memcpy(moved, pointer, old);
  return moved;
}

static void *need(size_t size) {
  void *pointer = malloc(size);
  if (pointer == NULL) fail(OUT_OF_MEMORY);
  return pointer;
}

void abort(void) { fail(CORRUPT); }

/** The end of an image, which is put behind each JPEG: some have none. */
#define JPEG_END_BYTES 2

/** Empties the arena and makes room for a file of `size` bytes. */
EXPORT("begin") uint8_t *begin(size_t size) {
  arena_top = ((uintptr_t)&__heap_base + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
  arena_last = 0;
  return need(size + JPEG_END_BYTES);
}

// ---- The picture that is being made.

static struct {
  const uint8_t *data;
  uint32_t width;
  uint32_t height;
} result;

EXPORT("resultData") const uint8_t *result_data(void) { return result.data; }
EXPORT("resultWidth") uint32_t result_width(void) { return result.width; }
EXPORT("resultHeight") uint32_t result_height(void) { return result.height; }

// ---- Rows in, averaged over squares of `by` pixels; what is left over at the ends is dropped.

static struct {
  uint32_t channels, by, width, height;
  uint8_t *out;
  uint32_t *sums;
  uint32_t row, y;
} sink;

static void open_sink(uint32_t width, uint32_t height, uint32_t channels, uint32_t by) {
  sink.channels = channels;
  sink.by = by;
  sink.width = width / by;
  sink.height = height / by;
  sink.row = sink.y = 0;
  sink.out = need((size_t)sink.width * sink.height * channels);
  if (by == 1) return;
  sink.sums = need((size_t)sink.width * channels * 4);
  memset(sink.sums, 0, (size_t)sink.width * channels * 4);
}

static void sink_row(const uint8_t *row) {
  if (sink.y == sink.height) return;
  const uint32_t samples = sink.width * sink.channels;
  uint8_t *out = sink.out + (size_t)sink.y * samples;
  if (sink.by == 1) {
    memcpy(out, row, samples);
    sink.y++;
    return;
  }
  const uint32_t by = sink.by, channels = sink.channels;
  for (uint32_t x = 0; x < sink.width; x++)
    for (uint32_t i = 0; i < by; i++)
      for (uint32_t c = 0; c < channels; c++) sink.sums[x * channels + c] += *row++;
  if (++sink.row < by) return;
  const uint32_t area = by * by;
  for (uint32_t i = 0; i < samples; i++) {
    out[i] = (uint8_t)((sink.sums[i] + area / 2) / area);
    sink.sums[i] = 0;
  }
  sink.row = 0;
  sink.y++;
}

// ---- Colours.

static struct {
  const void *bytes;
  uint32_t length;
} icc;

#define PROBES 9

/** A transform to sRGB; NULL where there is no usable profile, or it changes nothing. */
static cmsHTRANSFORM to_srgb(cmsColorSpaceSignature space, uint32_t format, uint32_t channels) {
  if (icc.length == 0) return NULL;
  // As libvips: a profile that cannot be read, or is for other channels, counts as none.
  cmsHPROFILE from = cmsOpenProfileFromMem(icc.bytes, icc.length);
  if (from == NULL || cmsGetColorSpace(from) != space) return NULL;
  cmsHPROFILE srgb = cmsCreate_sRGBProfile();
  if (srgb == NULL) fail(OUT_OF_MEMORY);
  cmsHTRANSFORM transform =
      cmsCreateTransform(from, format, srgb, TYPE_RGB_8, INTENT_PERCEPTUAL, cmsFLAGS_NOCACHE);
  if (transform == NULL || channels != 3) return transform;
  int32_t largest = 0;
  for (int r = 0; r < PROBES; r++)
    for (int g = 0; g < PROBES; g++)
      for (int b = 0; b < PROBES; b++) {
        const uint8_t in[3] = {(uint8_t)(r * 255 / 8), (uint8_t)(g * 255 / 8), (uint8_t)(b * 255 / 8)};
        uint8_t out[3];
        cmsDoTransform(transform, in, out, 1);
        for (int c = 0; c < 3; c++) {
          int32_t difference = (int32_t)in[c] - out[c];
          if (difference < 0) difference = -difference;
          if (difference > largest) largest = difference;
        }
      }
  return largest <= 1 ? NULL : transform;
}

static uint8_t *to_rgb(const uint8_t *from, uint32_t pixels, uint32_t channels) {
  cmsHTRANSFORM transform = NULL;
  if (channels == 1) transform = to_srgb(cmsSigGrayData, TYPE_GRAY_8, 1);
  if (channels == 3) transform = to_srgb(cmsSigRgbData, TYPE_RGB_8, 3);
  if (channels == 4) transform = to_srgb(cmsSigCmykData, TYPE_CMYK_8, 4);
  if (channels == 4 && transform == NULL) fail(CMYK_WITHOUT_PROFILE);
  if (channels == 3 && transform == NULL) return (uint8_t *)from;
  uint8_t *rgb = channels == 3 ? (uint8_t *)from : need((size_t)pixels * 3);
  if (transform != NULL) cmsDoTransform(transform, from, rgb, pixels);
  else
    for (uint32_t i = 0; i < pixels; i++) memset(rgb + i * 3, from[i], 3);
  return rgb;
}

/** One row with alpha behind each pixel, laid on white; rounded as libvips does. */
static void flatten_row(const uint8_t *colours, const uint8_t *with_alpha, uint32_t channels, uint32_t width, uint8_t *out) {
  for (uint32_t x = 0; x < width; x++) {
    const uint32_t alpha = with_alpha[x * channels + channels - 1];
    for (uint32_t c = 0; c < 3; c++) out[x * 3 + c] = (uint8_t)((colours[x * 3 + c] * alpha + 255 * (255 - alpha)) / 255);
  }
}

// ---- Orientation (EXIF 2.32, tag 0x0112): from where each pixel as displayed comes.

static void finish(uint8_t *rgb, uint32_t width, uint32_t height, uint32_t orientation) {
  result.width = orientation >= 5 ? height : width;
  result.height = orientation >= 5 ? width : height;
  result.data = rgb;
  if (orientation <= 1) return;
  uint8_t *turned = need((size_t)width * height * 3);
  const int right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const int bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  uint8_t *to = turned;
  for (uint32_t y = 0; y < result.height; y++)
    for (uint32_t x = 0; x < result.width; x++, to += 3) {
      uint32_t fx = orientation >= 5 ? y : x, fy = orientation >= 5 ? x : y;
      if (right) fx = width - 1 - fx;
      if (bottom) fy = height - 1 - fy;
      memcpy(to, rgb + ((size_t)fy * width + fx) * 3, 3);
    }
  result.data = turned;
}

// ---- JPEG

static void jpeg_fault(j_common_ptr info) {
  switch (info->err->msg_code) {
    case JERR_INPUT_EOF: fail(CUT_OFF);
    case JERR_OUT_OF_MEMORY: fail(OUT_OF_MEMORY);
    default: fail(CORRUPT);
  }
}
static void jpeg_quiet(j_common_ptr info) { (void)info; }

static void (*stock_finish_scan)(j_decompress_ptr);
/** Bytes behind the scan before, up to the next marker, that were judged. */
static uint32_t judged;

/**
 * Some cameras write zeros behind the data, and some a stray byte or two behind data that end properly. Data that were
 * changed leave more, or in the middle of a code.
 */
static void finish_scan(j_decompress_ptr info) {
  struct spare_bytes spare = {.padded = 1};
  if (info->progressive_mode && !info->arith_code) progressive_spare(info, &spare);
  else if (!info->arith_code) huffman_spare(info, &spare);
  judged = 0;
  if (info->unread_marker == 0) {
    const uint8_t *at = info->src->next_input_byte, *end = at + info->src->bytes_in_buffer;
    while (at + 1 < end && (*at != 0xff || at[1] == 0 || at[1] == 0xff)) {
      if (*at == 0xff && at[1] == 0xff) {
        at++;
        continue;
      }
      add_spare(&spare, *at);
      const uint32_t bytes = *at == 0xff ? 2 : 1;
      judged += bytes;
      at += bytes;
    }
  }
  const int filler = spare.not_zero == 0 || spare.not_ff == 0;
  if (!filler && !(spare.count <= 2 && spare.padded && !info->arith_code)) fail(CORRUPT);
  stock_finish_scan(info);
}

static void jpeg_warn(j_common_ptr common, int level) {
  if (level >= 0) return;
  const j_decompress_ptr info = (j_decompress_ptr)common;
  switch (common->err->msg_code) {
    // What is odd, but changes no pixel: a version number, and parameters of a scan that Samsung's cameras leave empty.
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
      return;
    case JWRN_EXTRANEOUS_DATA: {
      const uint32_t count = (uint32_t)common->err->msg_parm.i[0];
      if (count == judged) return;
      // Between segments only zeros: other bytes are a segment that has grown, and lost its end.
      const uint8_t *end = info->src->next_input_byte;
      for (uint32_t i = 1; i <= count; i++)
        if (end[-(ptrdiff_t)i] != 0) fail(CORRUPT);
      return;
    }
    case JWRN_HIT_MARKER: fail(CUT_OFF);
    default: fail(CORRUPT);
  }
}
// Each scan may go over the whole picture again: libvips, too, takes a hundred.
#define MOST_SCANS 100
static void jpeg_progress(j_common_ptr info) {
  if (((j_decompress_ptr)info)->input_scan_number > MOST_SCANS) fail(CORRUPT);
}
static void source_nothing(j_decompress_ptr info) { (void)info; }
static boolean source_ends(j_decompress_ptr info) {
  ERREXIT(info, JERR_INPUT_EOF);
  return FALSE;
}
static void source_skip(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  if ((size_t)count > info->src->bytes_in_buffer) ERREXIT(info, JERR_INPUT_EOF);
  info->src->next_input_byte += count;
  info->src->bytes_in_buffer -= (size_t)count;
}

/** Opens a file whose `size` bytes have JPEG_END_BYTES behind them. `info` refers to the others. */
static void open_jpeg(uint8_t *file, size_t size, struct jpeg_decompress_struct *info, struct jpeg_error_mgr *error,
                      struct jpeg_source_mgr *source, struct jpeg_progress_mgr *progress) {
  file[size] = 0xff;
  file[size + 1] = JPEG_EOI;
  *source = (struct jpeg_source_mgr){
      .next_input_byte = file,
      .bytes_in_buffer = size + JPEG_END_BYTES,
      .init_source = source_nothing,
      .fill_input_buffer = source_ends,
      .skip_input_data = source_skip,
      .resync_to_restart = jpeg_resync_to_restart,
      .term_source = source_nothing,
  };
  *progress = (struct jpeg_progress_mgr){.progress_monitor = jpeg_progress};
  memset(error, 0, sizeof *error);
  error->error_exit = jpeg_fault;
  error->emit_message = jpeg_warn;
  error->output_message = jpeg_quiet;
  error->reset_error_mgr = jpeg_quiet;
  memset(info, 0, sizeof *info);
  info->err = error;
  jpeg_create_decompress(info);
  info->src = source;
  info->progress = progress;
  stock_finish_scan = info->inputctl->finish_input_pass;
  info->inputctl->finish_input_pass = finish_scan;
  judged = 0;
  jpeg_save_markers(info, JPEG_APP0 + 2, 0xffff);
  jpeg_read_header(info, TRUE);
}

/** Of several scans, whether all have come: a file that is cut off between two has no other sign of it. */
static void need_all_scans(const struct jpeg_decompress_struct *info) {
  for (int c = 0; c < info->num_components; c++) {
    if (info->comp_info[c].quant_table == NULL) fail(CUT_OFF);
    if (info->progressive_mode)
      for (int k = 0; k < DCTSIZE2; k++)
        if (info->coef_bits[c][k] != 0) fail(CUT_OFF);
  }
}

static void read_profile(struct jpeg_decompress_struct *info) {
  JOCTET *profile = NULL;
  unsigned int length = 0;
  icc.length = jpeg_read_icc_profile(info, &profile, &length) ? length : 0;
  icc.bytes = profile;
}

/** Fails where decode_jpeg would; makes no picture. */
EXPORT("checkJpeg") void check_jpeg(uint8_t *file, size_t size) {
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr error;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  open_jpeg(file, size, &info, &error, &source, &progress);
  info.out_color_space = info.jpeg_color_space;
  info.do_fancy_upsampling = FALSE;
  info.scale_num = 1;
  info.scale_denom = 8;
  jpeg_start_decompress(&info);
  JSAMPROW row = need((size_t)info.output_width * (size_t)info.output_components);
  while (info.output_scanline < info.output_height) jpeg_read_scanlines(&info, &row, 1);
  need_all_scans(&info);
  read_profile(&info);
}

/** @param denominator 1, 2, 4 or 8: decodes at that fraction of both sides */
EXPORT("decodeJpeg") void decode_jpeg(uint8_t *file, size_t size, uint32_t orientation, uint32_t denominator) {
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr error;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  open_jpeg(file, size, &info, &error, &source, &progress);
  switch (info.num_components) {
    case 1: info.out_color_space = JCS_GRAYSCALE; break;
    case 3: info.out_color_space = JCS_RGB; break;
    case 4: info.out_color_space = JCS_CMYK; break;
    default: fail(COLOUR_MODEL);
  }
  info.scale_num = 1;
  info.scale_denom = denominator;
  jpeg_start_decompress(&info);
  const uint32_t width = info.output_width, height = info.output_height;
  const uint32_t channels = (uint32_t)info.output_components;
  uint8_t *pixels = need((size_t)width * height * channels);
  while (info.output_scanline < height) {
    JSAMPROW row = pixels + (size_t)info.output_scanline * width * channels;
    jpeg_read_scanlines(&info, &row, 1);
  }
  need_all_scans(&info);
  // Inks are stored inverted, as Photoshop does it, whether Adobe's marker says so or not: as libvips and Pillow.
  if (channels == 4)
    for (size_t i = 0; i < (size_t)width * height * 4; i++) pixels[i] = 255 - pixels[i];
  read_profile(&info);
  finish(to_rgb(pixels, width * height, channels), width, height, orientation);
}

// ---- PNG

static struct {
  const uint8_t *at;
  size_t left;
} png_input;

static void png_fault(png_structp png, png_const_charp message) {
  (void)png;
  fail(strstr(message, "memory") != NULL ? OUT_OF_MEMORY : CORRUPT);
}
static void png_quiet(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}
static void png_take(png_structp png, png_bytep out, size_t length) {
  (void)png;
  if (length > png_input.left) fail(CUT_OFF);
  memcpy(out, png_input.at, length);
  png_input.at += length;
  png_input.left -= length;
}

static void png_row(const uint8_t *row, uint32_t width, uint32_t channels, cmsHTRANSFORM transform, uint8_t *colours, uint8_t *flat) {
  if (channels == 1 || channels == 3) {
    sink_row(row);
    return;
  }
  const uint32_t own = channels - 1;
  for (uint32_t x = 0; x < width; x++)
    for (uint32_t c = 0; c < 3; c++) colours[x * 3 + c] = row[x * channels + (own == 1 ? 0 : c)];
  if (transform != NULL) cmsDoTransform(transform, colours, colours, width);
  flatten_row(colours, row, channels, width, flat);
  sink_row(flat);
}

/** @param by averages squares of so many pixels a side */
EXPORT("decodePng") void decode_png(const uint8_t *file, size_t size, uint32_t orientation, uint32_t by) {
  png_input.at = file;
  png_input.left = size;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_fault, png_quiet);
  png_infop info = png == NULL ? NULL : png_create_info_struct(png);
  if (info == NULL) fail(OUT_OF_MEMORY);
  png_set_read_fn(png, NULL, png_take);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_read_info(png, info);
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_packing(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  const uint32_t channels = png_get_channels(png, info);
  const size_t stride = png_get_rowbytes(png, info);
  if (stride != (size_t)width * channels) fail(CORRUPT);

  png_charp name;
  int compression;
  png_bytep profile;
  png_uint_32 length;
  icc.length = png_get_iCCP(png, info, &name, &compression, &profile, &length) ? length : 0;
  icc.bytes = profile;
  const int alpha = channels == 2 || channels == 4;
  cmsHTRANSFORM transform = channels == 4 ? to_srgb(cmsSigRgbData, TYPE_RGB_8, 3) : NULL;
  uint8_t *colours = alpha ? need((size_t)width * 3) : NULL;
  uint8_t *flat = alpha ? need((size_t)width * 3) : NULL;
  open_sink(width, height, alpha ? 3 : channels, by);
  if (passes == 1) {
    uint8_t *row = need(stride);
    for (uint32_t y = 0; y < height; y++) {
      png_read_row(png, row, NULL);
      png_row(row, width, channels, transform, colours, flat);
    }
  } else {
    if (stride > SIZE_MAX / height) fail(OUT_OF_MEMORY);
    uint8_t *picture = need(stride * height);
    for (int pass = 0; pass < passes; pass++)
      for (uint32_t y = 0; y < height; y++) png_read_row(png, picture + y * stride, NULL);
    for (uint32_t y = 0; y < height; y++) png_row(picture + y * stride, width, channels, transform, colours, flat);
  }
  // What follows the pixels is not read: a file without its end has all of them.
  if (alpha) icc.length = 0;
  finish(to_rgb(sink.out, sink.width * sink.height, sink.channels), sink.width, sink.height, orientation);
}

// ---- WebP

static void webp_fault(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: fail(OUT_OF_MEMORY);
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: fail(CUT_OFF);
    default: fail(CORRUPT);
  }
}

/** Of an animation the first frame, on its canvas. */
EXPORT("decodeWebp") void decode_webp(const uint8_t *file, size_t size, uint32_t orientation, uint32_t by) {
  const WebPData data = {file, size};
  WebPDemuxState state;
  WebPDemuxer *demuxer = WebPDemuxPartial(&data, &state);
  if (demuxer == NULL || state == WEBP_DEMUX_PARSE_ERROR) fail(CORRUPT);
  WebPIterator frame;
  if (!WebPDemuxGetFrame(demuxer, 1, &frame)) fail(CUT_OFF);
  if (!frame.complete) fail(CUT_OFF);
  const uint32_t canvas_width = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH);
  const uint32_t canvas_height = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT);
  const int whole = (uint32_t)frame.width == canvas_width && (uint32_t)frame.height == canvas_height;
  if (!whole && by > 1) by = 1;

  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) fail(CORRUPT);
  VP8StatusCode status = WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &config.input);
  if (status != VP8_STATUS_OK) webp_fault(status);
  const uint32_t width = (uint32_t)frame.width / by, height = (uint32_t)frame.height / by;
  if (by > 1) {
    config.options.use_scaling = 1;
    config.options.scaled_width = (int)width;
    config.options.scaled_height = (int)height;
  }
  const uint32_t channels = config.input.has_alpha ? 4 : 3;
  uint8_t *pixels = need((size_t)width * height * channels);
  config.output.colorspace = config.input.has_alpha ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = (int)(width * channels);
  config.output.u.RGBA.size = (size_t)width * height * channels;
  status = WebPDecode(frame.fragment.bytes, frame.fragment.size, &config);
  if (status != VP8_STATUS_OK) webp_fault(status);

  WebPChunkIterator chunk;
  icc.length = 0;
  if (WebPDemuxGetChunk(demuxer, "ICCP", 1, &chunk)) {
    icc.bytes = chunk.chunk.bytes;
    icc.length = (uint32_t)chunk.chunk.size;
  }
  uint8_t *rgb = pixels;
  if (channels == 3) rgb = to_rgb(pixels, width * height, 3);
  else {
    cmsHTRANSFORM transform = to_srgb(cmsSigRgbData, TYPE_RGB_8, 3);
    uint8_t *colours = need((size_t)width * 3);
    for (uint32_t y = 0; y < height; y++) {
      const uint8_t *row = pixels + (size_t)y * width * 4;
      for (uint32_t x = 0; x < width; x++) memcpy(colours + x * 3, row + x * 4, 3);
      if (transform != NULL) cmsDoTransform(transform, colours, colours, width);
      // In place: three bytes are written where four were read.
      flatten_row(colours, row, 4, width, rgb + (size_t)y * width * 3);
    }
  }
  if (whole) {
    finish(rgb, width, height, orientation);
    return;
  }
  uint8_t *canvas = need((size_t)canvas_width * canvas_height * 3);
  memset(canvas, 255, (size_t)canvas_width * canvas_height * 3);
  for (uint32_t y = 0; y < height; y++)
    memcpy(canvas + (((size_t)frame.y_offset + y) * canvas_width + frame.x_offset) * 3, rgb + (size_t)y * width * 3, (size_t)width * 3);
  finish(canvas, canvas_width, canvas_height, orientation);
}
