import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { emscriptenOptions } from './emscripten-options.ts';

/**
 * libheif's C interface, as far as it is used, compiled to WebAssembly: numbers are addresses. Functions that can fail
 * write a `heif_error` at the address that is their first argument.
 */
export interface HeifLibrary {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _heif_context_alloc(): number;
  _heif_context_get_security_limits(context: number): number;
  _heif_context_read_from_memory(
    error: number,
    context: number,
    bytes: number,
    length: number,
    options: number,
  ): void;
  _heif_context_get_primary_image_handle(error: number, context: number, handle: number): void;
  _heif_image_handle_get_item_id(handle: number): number;
  _heif_image_handle_get_width(handle: number): number;
  _heif_image_handle_get_height(handle: number): number;
  _heif_image_handle_get_ispe_width(handle: number): number;
  _heif_image_handle_get_ispe_height(handle: number): number;
  _heif_image_handle_has_alpha_channel(handle: number): number;
  _heif_image_handle_get_raw_color_profile_size(handle: number): number;
  _heif_image_handle_get_raw_color_profile(error: number, handle: number, to: number): void;
  _heif_image_handle_get_nclx_color_profile(error: number, handle: number, to: number): void;
  _heif_item_get_transformation_properties(
    context: number,
    item: number,
    to: number,
    most: number,
  ): number;
  _heif_item_get_property_type(context: number, item: number, property: number): number;
  _heif_item_get_property_transform_rotation_ccw(
    context: number,
    item: number,
    property: number,
  ): number;
  _heif_item_get_property_transform_mirror(context: number, item: number, property: number): number;
  _heif_item_get_property_transform_crop_borders(
    context: number,
    item: number,
    property: number,
    width: number,
    height: number,
    left: number,
    top: number,
    right: number,
    bottom: number,
  ): void;
  _heif_decode_image(
    error: number,
    handle: number,
    image: number,
    colourSpace: number,
    chroma: number,
    options: number,
  ): void;
  _heif_image_get_width(image: number, channel: number): number;
  _heif_image_get_height(image: number, channel: number): number;
  _heif_image_get_plane_readonly(image: number, channel: number, stride: number): number;
}

const require = createRequire(import.meta.url);

let library: WebAssembly.Module | undefined;

/** A new instance of libheif, with memory of its own. */
export function createHeifLibrary(): HeifLibrary {
  // The package's own way to load the module reads it from the working directory.
  const create = require('libheif-js/libheif-wasm/libheif.js') as (options: object) => HeifLibrary;
  const file = require.resolve('libheif-js/libheif-wasm/libheif.wasm');
  library ??= new WebAssembly.Module(readFileSync(file));
  return create(emscriptenOptions(library));
}
