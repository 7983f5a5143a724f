import {
  type Context,
  type DiagLogger,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { HonoRequest } from 'hono';
import packageJson from '../../../../package.json' with { type: 'json' };
import type { Analysis } from '../../../analysis/engine.ts';
import type { AccessEntry } from '../../../http/context/log.ts';
import type { RequestTrace, Tracing } from '../../../http/context/tracing.ts';

const UNFOLLOWED = /^\/(health|v2\/health|metrics)(\/|$)/;

const HEADERS: TextMapGetter<HonoRequest> = {
  get: (request, name) => request.header(name),
  keys: (request) => Object.keys(request.header()),
};

/**
 * Traces to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names, by OTLP over HTTP as JSON. Everything
 * else that OpenTelemetry's own variables say (headers, sampler, service name, attributes) holds, too.
 */
export class OtlpTracing implements Tracing {
  readonly #provider: BasicTracerProvider;
  readonly #tracer: Tracer;
  readonly #propagator = new W3CTraceContextPropagator();

  /** @param onFault told why spans do not reach the collector; requests are answered all the same */
  constructor(onFault: (reason: string) => void) {
    const ignore = (): void => {};
    const logger: DiagLogger = {
      // An error comes as JSON with its stack.
      error: (message) => onFault(/"message":"([^"]*)"/.exec(message)?.[1] ?? message),
      warn: ignore,
      info: ignore,
      debug: ignore,
      verbose: ignore,
    };
    diag.setLogger(logger, DiagLogLevel.ERROR);
    const own = resourceFromAttributes({
      'service.name': 'naevus',
      'service.version': packageJson.version,
    });
    this.#provider = new BasicTracerProvider({
      resource: defaultResource()
        .merge(own)
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
    });
    this.#tracer = this.#provider.getTracer('naevus', packageJson.version);
  }

  begin(request: HonoRequest): RequestTrace | undefined {
    if (UNFOLLOWED.test(request.path)) return undefined;
    const parent = this.#propagator.extract(ROOT_CONTEXT, request, HEADERS);
    const span = this.#tracer.startSpan(request.method, { kind: SpanKind.SERVER }, parent);
    return new SpanTrace(span, this.#tracer, trace.setSpan(parent, span));
  }

  /** Sends what has not been sent, and ends. */
  shutdown(): Promise<void> {
    return this.#provider.shutdown();
  }
}

class SpanTrace implements RequestTrace {
  readonly #span: Span;
  readonly #tracer: Tracer;
  readonly #context: Context;

  constructor(span: Span, tracer: Tracer, context: Context) {
    this.#span = span;
    this.#tracer = tracer;
    this.#context = context;
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  analyse(images: number): (analyses: readonly Analysis[]) => void {
    const options = { attributes: { 'naevus.images': images } };
    const span = this.#tracer.startSpan('analyse', options, this.#context);
    return (analyses) => {
      const sum = (of: 'decodeMs' | 'inferenceMs'): number =>
        analyses.reduce((total, { timing }) => total + timing[of], 0);
      span.setAttributes({
        'naevus.images.analysed': analyses.length,
        'naevus.decode_ms': sum('decodeMs'),
        'naevus.inference_ms': sum('inferenceMs'),
      });
      span.end();
    };
  }

  /** Names as in OpenTelemetry's semantic conventions for HTTP servers. */
  end({ method, route, status, problem, requestId }: AccessEntry): void {
    if (route !== 'none') this.#span.updateName(`${method} ${route}`);
    this.#span.setAttributes({
      'http.request.method': method,
      ...(route !== 'none' && { 'http.route': route }),
      'http.response.status_code': status,
      ...(problem && { 'error.type': problem }),
      'naevus.request_id': requestId,
    });
    if (status >= 500) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }
}
