import * as z from 'zod';

// Of the resources of Prometheus' operator (monitoring.coreos.com/v1) what this project uses; the operator's custom
// resource definitions have more. Members that they do not have are dropped by a cluster without a word, so they are
// refused here.

const metadata = z.strictObject({ name: z.string(), labels: z.record(z.string(), z.string()) });
const duration = z
  .string()
  .regex(
    /^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$/,
  );

export const serviceMonitorSchema = z.strictObject({
  apiVersion: z.literal('monitoring.coreos.com/v1'),
  kind: z.literal('ServiceMonitor'),
  metadata,
  spec: z.strictObject({
    selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
    endpoints: z
      .array(
        z.strictObject({
          port: z.string(),
          path: z.string().startsWith('/'),
          interval: duration,
          scrapeTimeout: duration,
          authorization: z.strictObject({
            type: z.literal('Bearer'),
            credentials: z.strictObject({ name: z.string(), key: z.string() }),
          }),
        }),
      )
      .min(1),
  }),
});

export const prometheusRuleSchema = z.strictObject({
  apiVersion: z.literal('monitoring.coreos.com/v1'),
  kind: z.literal('PrometheusRule'),
  metadata,
  spec: z.strictObject({
    groups: z.array(
      z.strictObject({
        name: z.string(),
        rules: z
          .array(
            z.strictObject({
              alert: z.string(),
              expr: z.string(),
              for: duration.optional(),
              labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
              annotations: z.strictObject({ summary: z.string() }),
            }),
          )
          .min(1),
      }),
    ),
  }),
});

/** What Grafana draws of a dashboard. */
export const dashboardSchema = z.looseObject({
  title: z.string(),
  uid: z.string(),
  schemaVersion: z.int(),
  panels: z
    .array(
      z.looseObject({
        id: z.int(),
        title: z.string(),
        gridPos: z.strictObject({
          x: z.int().min(0).max(23),
          y: z.int().min(0),
          w: z.int().min(1).max(24),
          h: z.int().min(1),
        }),
        targets: z
          .array(z.strictObject({ refId: z.string(), expr: z.string(), legendFormat: z.string() }))
          .min(1),
      }),
    )
    .min(1),
});
