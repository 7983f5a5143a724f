import { describe, expect, it } from 'vitest';
import { compareVersions, isVersion } from './version.ts';

describe('compareVersions', () => {
  it('orders as the specification does in section 11', () => {
    const ordered = [
      '0.9.0',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.0.1',
      '1.2.0',
      '1.10.0',
      '2.0.0',
      '99999999999999999999.0.0',
      '100000000000000000000.0.0',
    ];
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        expect(Math.sign(compareVersions(a, b)), `${a} and ${b}`).toBe(Math.sign(i - j));
      }
    }
  });

  it('takes a dash inside a pre-release for a part of it', () => {
    expect(compareVersions('1.0.0-a-b', '1.0.0-a')).toBeGreaterThan(0);
    expect(compareVersions('1.0.0-a-1', '1.0.0-a-1')).toBe(0);
  });
});

describe('isVersion', () => {
  it.each(['0.0.1', '1.2.3-rc.1', '10.20.30'])('takes %s', (text) => {
    expect(isVersion(text)).toBe(true);
  });
  it.each(['1.2', 'v1.2.3', '01.2.3', '1.2.3-', '1.2.3+build', '1.2.3-01', ''])(
    'refuses %j',
    (text) => {
      expect(isVersion(text)).toBe(false);
    },
  );
});
