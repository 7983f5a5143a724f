import type { Context } from 'hono';
import type { AppEnv } from '../../http/context/app-env.ts';
import type { Caller } from '../../http/context/caller.ts';
import { clientNetwork, plainAddress } from '../../http/context/client-address.ts';

/** Cloudflare says who it is, whatever the client wrote into that header. */
export function edgeCaller(c: Context<AppEnv>): Caller {
  const address = plainAddress(c.req.header('CF-Connecting-IP') ?? '');
  return {
    https: c.req.url.startsWith('https:'),
    ...(address && { address: clientNetwork(address) }),
  };
}
