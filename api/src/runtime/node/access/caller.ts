import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { AppEnv } from '../../../http/context/app-env.ts';
import type { Caller } from '../../../http/context/caller.ts';
import {
  clientNetwork,
  type PlainAddress,
  plainAddress,
} from '../../../http/context/client-address.ts';

/** Addresses of the gateways whose word is taken for who sent a request. */
export type TrustedProxies = (address: PlainAddress) => boolean;

/**
 * @param networks addresses, or networks such as `10.0.0.0/8`; each one that `isNetwork`
 */
export function trustedProxies(networks: readonly string[]): TrustedProxies {
  if (networks.length === 0) return () => false;
  const list = new BlockList();
  for (const network of networks) {
    const [text = '', bits] = network.split('/');
    const address = plainAddress(text)!;
    const family = familyName(address);
    // Bits of an IPv4 address that is written as one of IPv6.
    const before = address.family === 4 && text.includes(':') ? 96 : 0;
    if (bits === undefined) list.addAddress(address.text, family);
    else list.addSubnet(address.text, Math.max(0, Number(bits) - before), family);
  }
  return (address) => list.check(address.text, familyName(address));
}

function familyName({ family }: PlainAddress): 'ipv4' | 'ipv6' {
  return family === 4 ? 'ipv4' : 'ipv6';
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
  if (!trusts(address)) return { address: clientNetwork(address), https: false };
  const hops = String(headers['x-forwarded-for'] ?? '').split(',');
  while (trusts(address)) {
    const hop = plainAddress(hops.pop() ?? '');
    if (hop === undefined) break;
    address = hop;
  }
  const proto = String(headers['x-forwarded-proto'] ?? '')
    .split(',')
    .at(-1)!;
  return { address: clientNetwork(address), https: proto.trim().toLowerCase() === 'https' };
}
