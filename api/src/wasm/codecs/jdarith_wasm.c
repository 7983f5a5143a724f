// libjpeg's arithmetic decoder (jdarith.c), which here notices that it reads behind the end of its data: build.sh puts
// the two calls in.
#define JPEG_INTERNALS
#include <jinclude.h>
#include <jpeglib.h>
#include "jpeg_checks.h"

/** Zeros at the end of the data are left out of a file (T.81, D.1.8), and the decoder reads two bytes ahead. */
#define MOST_ZEROS 16

static uint32_t zeros;

static int zero_behind_data(void) {
  if (++zeros > MOST_ZEROS) fail(CUT_OFF);
  return 0;
}
static void data_go_on(void) { zeros = 0; }

#include <jdarith_counted.c>
