import kernels from '@naevus/shared/kernels.wasm';
import network from '../../dist/page-files/network-fused.wasm';
import { type EdgeBindings, EdgeServer } from '../runtime/edge/edge-server.ts';
import codecs from '../wasm/codecs/decoder.wasm';

/** One an isolate: what it has loaded serves every request that the isolate gets. */
const server = new EdgeServer({ codecs, kernels, network });

export default {
  fetch: (request: Request, bindings: EdgeBindings, context: ExecutionContext) =>
    server.fetch(request, bindings, context),
};

/** What is used of the platform's own type. */
interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}
