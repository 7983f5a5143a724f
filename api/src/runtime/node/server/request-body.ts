import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { ReceiveBody } from '../../../http/context/receive-body.ts';
import { declaredLength } from '../../../http/request/read-body.ts';
import { freeMemory } from '../inference/free-memory.ts';

/** Pieces whose memory is freed together: to free one costs some 4 µs. */
const FREED_TOGETHER = 16;

/** What is made for the second piece where the length of the body is not told; it doubles. */
const FIRST_CAPACITY = 128 * 1024;

/** For the client to read the answer before the connection closes: so long after the last piece, and at most so long. */
const SILENT_MS = 500;
const DISCARD_MS = 10_000;

/**
 * Reads a body off the connection. It is copied once at most, where node-server copies it twice more: memory
 * outside of V8's heap is what makes it collect garbage, which cost a large image 6 ms.
 */
export const receiveBody: ReceiveBody = (c, onBytes) => {
  const { incoming } = c.env as HttpBindings;
  return new Promise((resolve, reject) => {
    const body = new GrowingBody(declaredLength(c.req));
    const stop = (error: unknown): void => {
      incoming.removeListener('data', onData);
      body.free();
      reject(error);
    };
    const onData = (piece: Buffer<ArrayBuffer>): void => {
      try {
        onBytes(piece.length);
        body.add(piece);
      } catch (error) {
        stop(error);
      }
    };
    incoming.on('data', onData);
    incoming.once('error', stop);
    incoming.once('close', () => {
      if (!incoming.readableEnded) stop(new Error('closed before its end'));
    });
    incoming.once('end', () => resolve(body.whole()));
  });
};

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

/** What has come of a body: the first piece as it is, or all pieces in memory of its own. */
class GrowingBody {
  readonly #declared: number | undefined;
  #first: Buffer<ArrayBuffer> | undefined;
  #all: Buffer<ArrayBuffer> | undefined;
  #length = 0;
  /** Copied, and not freed yet. */
  readonly #copied: ArrayBuffer[] = [];

  constructor(declared: number | undefined) {
    this.#declared = declared;
  }

  add(piece: Buffer<ArrayBuffer>): void {
    if (this.#length === 0) {
      this.#first = piece;
      this.#length = piece.length;
      return;
    }
    if (this.#first !== undefined) {
      const first = this.#first;
      this.#first = undefined;
      this.#length = 0;
      this.#copy(first);
    }
    this.#copy(piece);
  }

  /** All of it, and nothing else in its memory: a worker takes it away. */
  whole(): Uint8Array<ArrayBuffer> {
    const first = this.#first;
    if (first !== undefined && hasMemoryToItself(first)) return new Uint8Array(first.buffer);
    const bytes = first ?? this.#all?.subarray(0, this.#length);
    if (bytes === undefined) return new Uint8Array(0);
    this.#freeCopied();
    if (hasMemoryToItself(bytes)) return new Uint8Array(bytes.buffer);
    return Uint8Array.from(bytes);
  }

  free(): void {
    if (this.#first) this.#release(this.#first);
    if (this.#all) this.#copied.push(this.#all.buffer);
    this.#first = undefined;
    this.#all = undefined;
    this.#freeCopied();
  }

  #copy(piece: Buffer<ArrayBuffer>): void {
    const end = this.#length + piece.length;
    if (this.#all === undefined || end > this.#all.length) {
      const capacity = this.#declared ?? Math.max(FIRST_CAPACITY, 2 * end);
      // Not filled with zeros first, and no part of Node's pool.
      const larger = Buffer.allocUnsafeSlow(Math.max(end, capacity)) as Buffer<ArrayBuffer>;
      if (this.#all !== undefined) {
        this.#all.copy(larger, 0, 0, this.#length);
        this.#copied.push(this.#all.buffer);
      }
      this.#all = larger;
    }
    this.#all.set(piece, this.#length);
    this.#length = end;
    this.#release(piece);
  }

  #release(piece: Buffer<ArrayBuffer>): void {
    if (!hasMemoryToItself(piece)) return;
    this.#copied.push(piece.buffer);
    if (this.#copied.length >= FREED_TOGETHER) this.#freeCopied();
  }

  #freeCopied(): void {
    freeMemory(this.#copied.splice(0));
  }
}

/** Whether Node's pool, or what else came with it, is not in its memory. */
function hasMemoryToItself(piece: Buffer<ArrayBuffer>): boolean {
  return piece.length === piece.buffer.byteLength;
}
