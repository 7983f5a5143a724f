import type { Logger } from 'pino';
import type { OtlpTracing } from '../telemetry/otlp-tracing.ts';
import type { Settings } from './settings.ts';

/** Traces to the collector that the settings name; none without one. */
export async function openTracing(
  settings: Settings,
  logger: Logger,
): Promise<OtlpTracing | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT } = settings;
  if (OTEL_EXPORTER_OTLP_ENDPOINT === undefined || process.env.OTEL_SDK_DISABLED === 'true') {
    return undefined;
  }
  // Read only where it is asked for: a server without it starts faster, and is smaller.
  const { OtlpTracing } = await import('../telemetry/otlp-tracing.ts');
  let told = false;
  return new OtlpTracing((reason) => {
    // Once: the collector may be away for long.
    if (!told) logger.warn({ reason }, 'traces do not reach their collector');
    told = true;
  });
}
