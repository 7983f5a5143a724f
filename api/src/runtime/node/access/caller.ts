import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { AppEnv } from '../../../http/context/app-env.ts';
import type { Caller } from '../../../http/context/caller.ts';

/** Addresses of the gateways whose word is taken for who sent a request. */
export type TrustedProxies = (address: string) => boolean;

/**
 * @param networks addresses, or networks such as `10.0.0.0/8`; each one that `isNetwork`
 */
export function trustedProxies(networks: readonly string[]): TrustedProxies {
  if (networks.length === 0) return () => false;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/** Whether a text names an address or a network. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

/** The caller of a request to the Node server. */
export function nodeCaller(c: Context<AppEnv>, trusts: TrustedProxies): Caller {
  const { incoming } = c.env as HttpBindings;
  return callerOf(incoming, trusts);
}

/**
 * The address is that of the connection; where a trusted proxy made it, the last one in
 * `X-Forwarded-For` that is not a trusted proxy: what stands before it, anyone can have written.
 */
export function callerOf(
  {
    socket,
    headers,
  }: Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } },
  trusts: TrustedProxies,
): Caller {
  let address = plainAddress(socket.remoteAddress ?? '');
  if (address === undefined) return { https: false };
  if (!trusts(address)) return { address: bucket(address), https: false };
  const hops = String(headers['x-forwarded-for'] ?? '').split(',');
  while (trusts(address)) {
    const hop = plainAddress(hops.pop() ?? '');
    if (hop === undefined) break;
    address = hop;
  }
  const proto = String(headers['x-forwarded-proto'] ?? '')
    .split(',')
    .at(-1)!;
  return { address: bucket(address), https: proto.trim().toLowerCase() === 'https' };
}

/** Without port, brackets, zone, and the IPv6 dress of IPv4 addresses; undefined where it is none. */
function plainAddress(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
  return isIP(bare) === 0 ? undefined : bare;
}

/** What counts as one caller: of IPv6 the network of 64 bits, as one machine has all its addresses. */
function bucket(address: string): string {
  if (isIPv4(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
