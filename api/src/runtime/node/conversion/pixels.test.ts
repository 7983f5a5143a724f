import { describe, expect, it } from 'vitest';
import { type Pixels, reduced, type Transform, transformed } from './pixels.ts';

/** One letter a pixel, the same in all channels. */
function drawn(...rows: readonly string[]): Pixels {
  const data = Uint8Array.from(
    [...rows.join('')].flatMap((letter) => Array(3).fill(letter.charCodeAt(0))),
  );
  return { data, width: rows[0]!.length, height: rows.length, channels: 3 };
}

function letters({ data, width, height, channels }: Pixels): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) =>
      String.fromCharCode(data[(y * width + x) * channels]!),
    ).join(''),
  );
}

describe('transformed', () => {
  it.each<[Transform, string[]]>([
    [{ kind: 'rotate', counterclockwise: 90 }, ['cf', 'be', 'ad']],
    [{ kind: 'rotate', counterclockwise: 180 }, ['fed', 'cba']],
    [{ kind: 'rotate', counterclockwise: 270 }, ['da', 'eb', 'fc']],
    [{ kind: 'mirror', axis: 'rows' }, ['def', 'abc']],
    [{ kind: 'mirror', axis: 'columns' }, ['cba', 'fed']],
    [{ kind: 'crop', left: 1, top: 1, right: 0, bottom: 0 }, ['ef']],
  ])('%o', (transform, expected) => {
    expect(letters(transformed(drawn('abc', 'def'), transform))).toEqual(expected);
  });
});

describe('reduced', () => {
  it('leaves what is not large as it is', () => {
    const image = drawn('abc', 'def');
    expect(reduced(image)).toEqual(image);
  });

  it('averages a large image over squares, and leaves its shorter side 896 pixels', () => {
    const [width, height] = [1795, 1792];
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < data.length; i++) data[i] = (Math.floor(i / 3) % width) % 2 === 0 ? 10 : 13;
    const image = reduced({ data, width, height, channels: 3 });
    expect([image.width, image.height]).toEqual([897, 896]);
    expect(new Set(image.data)).toEqual(new Set([12]));
  });

  it('lays transparency on white', () => {
    const data = Uint8Array.of(10, 20, 30, 0, 10, 20, 30, 255, 100, 100, 100, 51);
    const image = reduced({ data, width: 3, height: 1, channels: 4 });
    expect([...image.data]).toEqual([255, 255, 255, 10, 20, 30, 224, 224, 224]);
  });
});
