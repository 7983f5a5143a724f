// From coefficients to samples where an MCU is transformed as soon as it is decoded: libjpeg's decompress_onepass
// (jdcoefct.c), but that it calls the inverse DCTs by their names. A call through a pointer, one for each block, costs
// WebAssembly about half of an inverse DCT at a quarter. Left out is what nobody here asks for: to crop, to leave out
// components, and to wait for data in the middle.
#define jinit_d_coef_controller stock_jinit_d_coef_controller
#include <jdcoefct.c>
#undef jinit_d_coef_controller
#include <jerror.h>
#include <jdct.h>
#include <jsimddct.h>

#define TRANSFORM(idct, side)                    \
  for (int across = 0; across < width; across++) \
  idct(cinfo, component, coef->MCU_buffer[block + across][0], rows, column + across * (side))

static int decompress_whole_mcus(j_decompress_ptr cinfo, JSAMPIMAGE output) {
  my_coef_ptr coef = (my_coef_ptr)cinfo->coef;
  const JDIMENSION last_mcu = cinfo->MCUs_per_row - 1;
  const boolean at_bottom = cinfo->input_iMCU_row == cinfo->total_iMCU_rows - 1;
  for (int y = 0; y < coef->MCU_rows_per_iMCU_row; y++) {
    for (JDIMENSION mcu = 0; mcu <= last_mcu; mcu++) {
      memset(coef->MCU_buffer[0], 0, cinfo->blocks_in_MCU * sizeof(JBLOCK));
      if (!cinfo->entropy->decode_mcu(cinfo, coef->MCU_buffer)) ERREXIT(cinfo, JERR_CANT_SUSPEND);
      int block = 0;
      for (int c = 0; c < cinfo->comps_in_scan; c++) {
        jpeg_component_info *component = cinfo->cur_comp_info[c];
        const inverse_DCT_method_ptr idct = cinfo->idct->inverse_DCT[component->component_index];
        // The last MCUs may have blocks that lie outside of the picture.
        const int width = mcu < last_mcu ? component->MCU_width : component->last_col_width;
        const int height = at_bottom ? component->last_row_height - y : component->MCU_height;
        const int side = component->_DCT_scaled_size;
        const JDIMENSION column = mcu * component->MCU_sample_width;
        JSAMPARRAY rows = output[component->component_index] + y * side;
        for (int down = 0; down < component->MCU_height; down++, rows += side, block += component->MCU_width) {
          if (down >= height) continue;
          if (idct == jsimd_idct_islow) TRANSFORM(jsimd_idct_islow, 8);
          else if (idct == jsimd_idct_4x4) TRANSFORM(jsimd_idct_4x4, 4);
          else if (idct == jsimd_idct_2x2) TRANSFORM(jsimd_idct_2x2, 2);
          else TRANSFORM(idct, side);
        }
      }
    }
  }
  cinfo->output_iMCU_row++;
  if (++cinfo->input_iMCU_row < cinfo->total_iMCU_rows) {
    start_iMCU_row(cinfo);
    return JPEG_ROW_COMPLETED;
  }
  cinfo->inputctl->finish_input_pass(cinfo);
  return JPEG_SCAN_COMPLETED;
}

GLOBAL(void) jinit_d_coef_controller(j_decompress_ptr cinfo, boolean need_full_buffer) {
  stock_jinit_d_coef_controller(cinfo, need_full_buffer);
  if (!need_full_buffer) cinfo->coef->decompress_data = decompress_whole_mcus;
}
