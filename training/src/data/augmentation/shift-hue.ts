/**
 * Turns the hue of every pixel, saturation and value staying (HSV, Smith 1978).
 *
 * @param pixels RGB, three values a pixel, changed in place.
 * @param share of the colour circle, from -0.5 to 0.5.
 */
export function shiftHue(pixels: Float32Array, share: number): void {
  for (let i = 0; i < pixels.length; i += 3) {
    const [red, green, blue] = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!];
    const value = Math.max(red, green, blue);
    const chroma = value - Math.min(red, green, blue);
    if (chroma === 0) continue;
    let sixth: number;
    if (value === red) sixth = (green - blue) / chroma;
    else if (value === green) sixth = 2 + (blue - red) / chroma;
    else sixth = 4 + (red - green) / chroma;
    const turned = sixth + 6 * share;
    // Each channel's distance from the hue decides it; the offsets are those of red, green and blue.
    pixels[i] = channel(value, chroma, turned + 5);
    pixels[i + 1] = channel(value, chroma, turned + 3);
    pixels[i + 2] = channel(value, chroma, turned + 1);
  }
}

function channel(value: number, chroma: number, sixth: number): number {
  const place = ((sixth % 6) + 6) % 6;
  return value - chroma * Math.max(0, Math.min(place, 4 - place, 1));
}
