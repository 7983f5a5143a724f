// Addresses of clients, the same on every runtime.

/** An address as it is written most plainly: `192.0.2.1`, or eight groups of hexadecimal digits. */
export interface PlainAddress {
  readonly text: string;
  readonly family: 4 | 6;
}

/**
 * Reads an address without its port, brackets and zone. An IPv4 address in the form of IPv6 (RFC 4291, section
 * 2.5.5.2), in decimal or hexadecimal digits, is the IPv4 address.
 *
 * @returns undefined for what is no address
 */
export function plainAddress(text: string): PlainAddress | undefined {
  const bare = text
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/%.*$/, '');
  const bytes = ipv4Bytes(bare);
  if (bytes !== undefined) return { text: bytes.join('.'), family: 4 };
  const groups = ipv6Groups(bare);
  if (groups === undefined) return undefined;
  const [high, low] = groups.slice(6) as [number, number];
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return { text: [high >> 8, high & 255, low >> 8, low & 255].join('.'), family: 4 };
  }
  return { text: groups.map((group) => group.toString(16)).join(':'), family: 6 };
}

/** What counts as one client: of IPv6 the network of 64 bits, as one machine has all its addresses. */
export function clientNetwork({ text, family }: PlainAddress): string {
  return family === 4 ? text : `${text.split(':').slice(0, 4).join(':')}::/64`;
}

function ipv4Bytes(text: string): number[] | undefined {
  const parts = text.split('.');
  const valid = parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return parts.length === 4 && valid ? parts.map(Number) : undefined;
}

function ipv6Groups(text: string): number[] | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const left = groupsOf(head, tail === undefined);
  const right = tail === undefined ? [] : groupsOf(tail, true);
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...left, ...Array<number>(missing).fill(0), ...right];
}

/** @param last whether these groups end the address, so that the last two may be an IPv4 address */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const bytes = last ? ipv4Bytes(parts.at(-1)!) : undefined;
  if (bytes !== undefined) parts.pop();
  if (!parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  const groups = parts.map((part) => Number.parseInt(part, 16));
  if (bytes === undefined) return groups;
  const [a, b, c, d] = bytes as [number, number, number, number];
  return [...groups, (a << 8) | b, (c << 8) | d];
}
