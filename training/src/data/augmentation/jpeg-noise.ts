/**
 * Encodes an image as a JPEG and decodes it again: leaves the encoder's traces on it.
 *
 * @param pixels [size, size, 3], 0 to 255, changed in place.
 * @param quality 1 to 100.
 */
export async function recompress(
  pixels: Float32Array,
  size: number,
  quality: number,
): Promise<void> {
  // Only who asks for it loads the encoder.
  const { default: sharp } = await import('sharp');
  const raw = { width: size, height: size, channels: 3 } as const;
  const bytes = Uint8Array.from(pixels, Math.round);
  const jpeg = await sharp(bytes, { raw }).jpeg({ quality }).toBuffer();
  pixels.set(await sharp(jpeg).raw().toBuffer());
}
