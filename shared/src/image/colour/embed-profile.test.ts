import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  ADOBE_RGB,
  type DeclaredColours,
  SRGB_PRIMARIES,
  SRGB_TRANSFER,
} from '../header/declared-colours.ts';
import { readImageHeader } from '../header/read-image-header.ts';
import { embedDeclaredColours, UnsupportedColoursError } from './embed-profile.ts';
import { createIccProfile } from './icc-profile.ts';

const RGB = [200, 120, 90] as const;
const plain = () => {
  const background = { r: RGB[0], g: RGB[1], b: RGB[2] };
  return sharp({ create: { width: 48, height: 32, channels: 3, background } });
};

function declaring(bytes: Uint8Array, declaredColours: DeclaredColours) {
  return { bytes, header: { ...readImageHeader(bytes), declaredColours } };
}

/** The colour that sharp makes of a file, with its profile applied. */
async function decoded(bytes: Uint8Array): Promise<number[]> {
  return [...(await sharp(bytes).toColourspace('srgb').raw().toBuffer()).subarray(0, 3)];
}

/** Adobe RGB (1998) to sRGB, with figures of its own: section 4.3 of the specification, IEC 61966-2-1. */
function adobeToSrgb(values: readonly number[]): number[] {
  const [r, g, b] = values.map((value) => (value / 255) ** (563 / 256)) as [number, number, number];
  const linear = [1.39836 * r - 0.39836 * g, g, -0.04293 * g + 1.04293 * b];
  return linear.map((value) => 255 * (1.055 * Math.max(0, value) ** (1 / 2.4) - 0.055));
}

describe('embedDeclaredColours', () => {
  it('leaves a file that declares nothing as it is', async () => {
    const bytes = await plain().png().toBuffer();
    const file = { bytes, header: readImageHeader(bytes) };
    expect(embedDeclaredColours(file)).toBe(file);
  });

  it.each([
    ['jpeg', () => plain().jpeg({ quality: 100, chromaSubsampling: '4:4:4' })],
    ['png', () => plain().png()],
    ['png with a palette', () => plain().png({ palette: true })],
    [
      'webp',
      () =>
        plain()
          .withExif({ IFD0: { Copyright: 'x' } })
          .webp({ lossless: true }),
    ],
  ] as const)('has colours converted in every format: %s', async (_, make) => {
    const file = declaring(await make().toBuffer(), ADOBE_RGB);
    const { bytes, header } = embedDeclaredColours(file);
    expect(header).toEqual({ ...readImageHeader(file.bytes), iccProfile: true });
    // The file itself says so, too.
    expect(readImageHeader(bytes)).toEqual(header);
    const expected = adobeToSrgb(await decoded(file.bytes));
    for (const [i, value] of (await decoded(bytes)).entries()) {
      expect(Math.abs(value - expected[i]!), `channel ${i}`).toBeLessThanOrEqual(1.5);
    }
  });

  it('has a grey PNG brightened by its exponent', async () => {
    const grey = await plain().greyscale().png().toBuffer();
    const declared = { primaries: SRGB_PRIMARIES, transfer: { gamma: 1 } };
    const [before] = await decoded(grey);
    const [after] = await decoded(embedDeclaredColours(declaring(grey, declared)).bytes);
    const linear = before! / 255;
    expect(after).toBeCloseTo(255 * (1.055 * linear ** (1 / 2.4) - 0.055), -0.5);
  });

  it('refuses what it has no profile for, and says what to do', async () => {
    const file = declaring(await plain().png().toBuffer(), { unsupported: 'these colours' });
    expect(() => embedDeclaredColours(file)).toThrow(UnsupportedColoursError);
    expect(() => embedDeclaredColours(file)).toThrow(
      'these colours are not converted to sRGB here',
    );
  });
});

describe('createIccProfile', () => {
  it('has the columns of sRGB adapted to D50', () => {
    // IEC 61966-2-1 in ICC's own profile: https://registry.color.org, sRGB2014.
    const profile = createIccProfile(SRGB_PRIMARIES, SRGB_TRANSFER, 3);
    const view = new DataView(profile.buffer);
    expect(view.getUint32(0)).toBe(profile.length);
    expect(profile.length % 4).toBe(0);
    const text = new TextDecoder('latin1').decode(profile);
    const column = (name: string) => {
      const at = view.getUint32(text.indexOf(name, 128) + 4) + 8;
      return [0, 4, 8].map((i) => view.getInt32(at + i) / 65536);
    };
    const expected = {
      rXYZ: [0.4361, 0.2225, 0.0139],
      gXYZ: [0.3851, 0.7169, 0.0971],
      bXYZ: [0.1431, 0.0606, 0.7141],
    };
    for (const [name, values] of Object.entries(expected)) {
      for (const [i, value] of column(name).entries()) expect(value).toBeCloseTo(values[i]!, 3);
    }
  });
});
