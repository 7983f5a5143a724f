import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientNetwork, plainAddress } from './client-address.ts';

const network = (text: string) => {
  const address = plainAddress(text);
  return address && clientNetwork(address);
};

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:443', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['::ffff:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:c000:201', '192.0.2.1'],
    ['0000:0000:0000:0000:0000:ffff:192.0.2.1', '192.0.2.1'],
    ['[::ffff:7f00:1]:8080', '127.0.0.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['[2001:DB8::1]:443', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ])('%s is of %s', (text, expected) => {
    expect(network(text)).toBe(expected);
  });

  it.each([
    '',
    'unknown',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    ':::',
    '1::2::3',
    '12345::',
    '::1.2.3',
  ])('%j is none', (text) => {
    expect(plainAddress(text)).toBeUndefined();
  });

  it('is one where Node takes it for one', () => {
    const plausible = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/));
    fc.assert(
      fc.property(plausible, (text) => {
        // What is cut off as a port.
        fc.pre(!/^\d+\.\d+\.\d+\.\d+:\d+$/.test(text));
        expect(plainAddress(text) !== undefined).toBe(isIP(text) !== 0);
      }),
      { numRuns: 2000 },
    );
  });
});
