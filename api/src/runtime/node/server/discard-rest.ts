import type { IncomingMessage, ServerResponse } from 'node:http';

/** For the client to read the answer before the connection closes: so long after the last piece, and at most so long. */
const SILENT_MS = 500;
const DISCARD_MS = 10_000;

/**
 * Reads what is left of a body once its request was answered, so that the client comes to read the answer: where a
 * connection closes with something unread, the answer may be lost (RFC 9112, section 9.6). One piece a turn of the
 * event loop: at full speed, some clients would keep it for seconds.
 */
export function discardRest(incoming: IncomingMessage, outgoing: ServerResponse): void {
  // Before Node's own listener, which would read at full speed.
  outgoing.prependOnceListener('finish', () => {
    if (incoming.complete || incoming.destroyed) return;
    const { socket } = incoming;
    const end = performance.now() + DISCARD_MS;
    const timer = setTimeout(() => socket.destroySoon(), SILENT_MS);
    incoming.once('close', () => clearTimeout(timer));
    incoming.on('data', () => {
      if (performance.now() < end) timer.refresh();
      incoming.pause();
      setImmediate(() => incoming.resume());
    });
    // Node takes it for read by the app.
    incoming.read(0);
    incoming.resume();
  });
}
