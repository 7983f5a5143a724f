import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Hono } from 'hono';
import type { AppEnv } from '../../src/http/context/app-env.ts';
import type { Connections } from '../../src/runtime/node/server/connections.ts';
import { createHttpServer } from '../../src/runtime/node/server/http-server.ts';

/** Serves an app on a free port of this machine; a defect of it is thrown. */
export async function listenLocally(
  app: Hono<AppEnv>,
  seconds: { readonly timeoutSeconds: number; readonly keepAliveSeconds: number },
): Promise<{ server: Server; connections: Connections; port: number }> {
  const { server, connections } = createHttpServer(app, {
    ...seconds,
    onDefect(error) {
      throw error;
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, connections, port: (server.address() as AddressInfo).port };
}
