import { createClient } from '@redis/client';

export type Redis = ReturnType<typeof connectRedis>;

/** A client that keeps trying to reach its Redis, and fails at once what it cannot send. */
export function connectRedis(url: string, onError: (error: Error) => void, onReady: () => void) {
  const client = createClient({
    url,
    // What cannot be sent now is not sent later: its request has been answered by then.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 2000,
      reconnectStrategy: (retries) => Math.min(5000, 100 * 2 ** Math.min(retries, 10)),
    },
  });
  client.on('error', onError);
  client.on('ready', onReady);
  // It goes on trying by itself; `onError` is told why.
  client.connect().catch(() => {});
  return client;
}
