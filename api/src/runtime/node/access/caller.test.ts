import { describe, expect, it } from 'vitest';
import { callerOf, isNetwork, trustedProxies } from './caller.ts';

const TRUSTED = ['10.0.0.0/8', '127.0.0.1', 'fd00::/8'];

function caller(remoteAddress: string | undefined, forwarded?: string, proto?: string) {
  const headers = {
    ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }),
    ...(proto !== undefined && { 'x-forwarded-proto': proto }),
  };
  return callerOf({ socket: { remoteAddress }, headers }, trustedProxies(TRUSTED));
}

describe('callerOf', () => {
  it.each<[string, string | undefined, string | undefined, string | undefined]>([
    ['the connection', '203.0.113.7', undefined, '203.0.113.7'],
    ['the connection, whatever a stranger claims', '203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['who the proxy says', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['the last that is no proxy', '10.1.2.3', '6.6.6.6, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['the proxy where it says nothing', '10.1.2.3', undefined, '10.1.2.3'],
    ['the proxy where it says nonsense', '10.1.2.3', '198.51.100.1, unknown', '10.1.2.3'],
    ['the first where all are proxies', '127.0.0.1', '10.0.0.2, 10.0.0.1', '10.0.0.2'],
    ['without its port', '10.1.2.3', '198.51.100.1:4711', '198.51.100.1'],
    ['IPv4 in the dress of IPv6', '::ffff:10.1.2.3', '::ffff:198.51.100.1', '198.51.100.1'],
    ['IPv4 in hexadecimal digits', '::ffff:a01:203', '::ffff:c633:6401', '198.51.100.1'],
    ['a network of IPv6', '2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['a short IPv6', '2001:db8::1', undefined, '2001:db8:0:0::/64'],
    ['in brackets', 'fd00::1', '[2001:DB8::1]:443', '2001:db8:0:0::/64'],
    ['loopback of IPv6', '::1', undefined, '0:0:0:0::/64'],
    ['nobody', undefined, '198.51.100.1', undefined],
  ])('is %s', (_, remote, forwarded, expected) => {
    expect(caller(remote, forwarded).address).toBe(expected);
  });

  it('is by https only where a trusted proxy says so', () => {
    expect(caller('10.1.2.3', '198.51.100.1', 'https').https).toBe(true);
    expect(caller('10.1.2.3', '198.51.100.1', 'http').https).toBe(false);
    expect(caller('10.1.2.3', '198.51.100.1').https).toBe(false);
    expect(caller('203.0.113.7', undefined, 'https').https).toBe(false);
    // The last proxy's word counts, not what was in the header before it.
    expect(caller('10.1.2.3', '198.51.100.1', 'https, http').https).toBe(false);
  });
});

describe('isNetwork', () => {
  it.each(['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0'])('takes %s', (text) => {
    expect(isNetwork(text)).toBe(true);
    expect(() => trustedProxies([text])).not.toThrow();
  });

  it.each(['10.0.0.0/8', '::ffff:10.0.0.0/104', '::ffff:a00:0/104'])(
    '%s is one network',
    (text) => {
      const trusts = trustedProxies([text]);
      expect(trusts({ text: '10.1.2.3', family: 4 })).toBe(true);
      expect(trusts({ text: '11.1.2.3', family: 4 })).toBe(false);
    },
  );

  it.each(['', 'localhost', '10.0.0.0/33', '10.0.0', 'fd00::/129', '10.0.0.0/8/8', '10.0.0.0/'])(
    'refuses %j',
    (text) => {
      expect(isNetwork(text)).toBe(false);
    },
  );
});
