import kernels from '@naevus/shared/kernels.wasm';
import network from '../../dist/page-files/network-fused.wasm';
import { type BulkBindings, BulkServer } from '../bulk/bulk-server.ts';
import type { DeliveredBatch } from '../bulk/platform.ts';
import codecs from '../wasm/codecs/decoder.wasm';

/** One an isolate: what it has loaded serves every request and batch that the isolate gets. */
const server = new BulkServer({ codecs, kernels, network });

export default {
  fetch: (request: Request, bindings: BulkBindings, context: ExecutionContext) =>
    server.fetch(request, bindings, context),
  queue: (batch: DeliveredBatch, bindings: BulkBindings, context: ExecutionContext) =>
    server.queue(batch, bindings, context),
};

/** What is used of the platform's own type. */
interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}
