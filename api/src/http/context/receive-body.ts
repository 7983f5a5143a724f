import type { Context } from 'hono';
import type { AppEnv } from './app-env.ts';

/** Takes the bytes of a body as they come: told how many each time, and stopped where that throws. */
export type ReceiveBody = (
  c: Context<AppEnv>,
  onBytes: (count: number) => void,
) => Promise<Uint8Array<ArrayBuffer>>;
