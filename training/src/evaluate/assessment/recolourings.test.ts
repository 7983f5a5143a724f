import { describe, expect, it } from 'vitest';
import { RECOLOURINGS, recolour } from './recolourings.ts';

const RGB = Uint8Array.of(200, 150, 140, 90, 60, 50);

describe('recolour', () => {
  it('exchanges, inverts and leaves out channels', () => {
    expect([...recolour(RGB, 'red and blue exchanged')]).toEqual([140, 150, 200, 50, 60, 90]);
    expect([...recolour(RGB, 'channels turned left')]).toEqual([150, 140, 200, 60, 50, 90]);
    expect([...recolour(RGB, 'inverted')]).toEqual([55, 105, 115, 165, 195, 205]);
    expect([...recolour(RGB, 'green alone')]).toEqual([0, 150, 0, 0, 60, 0]);
  });

  it('makes grey of luma, and clips what a cast makes too bright', () => {
    expect([...recolour(RGB, 'grey')]).toEqual([164, 164, 164, 68, 68, 68]);
    expect([...recolour(RGB, 'red cast').slice(0, 3)]).toEqual([255, 90, 84]);
  });

  it.each(RECOLOURINGS)('%s: changes the picture, and leaves its own bytes alone', (name) => {
    const own = RGB.slice();
    expect([...recolour(own, name)]).not.toEqual([...RGB]);
    expect([...own]).toEqual([...RGB]);
  });
});
