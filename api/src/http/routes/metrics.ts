import type { Metrics } from '../context/metrics.ts';
import type { Route } from '../context/route.ts';

/** `GET /metrics`: what the server counts about itself, for Prometheus. */
export function metricsRoute(metrics: Metrics): Route {
  return {
    method: 'GET',
    path: '/metrics',
    summary: 'Figures of this server, for Prometheus',
    open: metrics.open,
    scope: 'metrics',
    answer: {
      description: 'The text format of Prometheus.',
      content: { 'text/plain': 'text' },
    },
    problems: [],
    async handle(c) {
      const { text, contentType } = await metrics.expose();
      return c.body(text, 200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' });
    },
  };
}
