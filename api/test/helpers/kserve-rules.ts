import * as z from 'zod';

// What KServe's admission webhook and, in serverless mode, Knative's refuse of an InferenceService with one container of
// its own. By their sources: kserve/kserve pkg/apis/serving/v1beta1/inference_service_validation.go, component.go,
// pkg/validation/env_policy.go; knative/serving pkg/apis/serving/k8s_validation.go, fieldmask.go. Where their versions
// differ, the stricter rule.

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string().startsWith('/'), port: z.literal(8080) }),
  initialDelaySeconds: z.int().min(0).optional(),
  periodSeconds: z.int().min(1),
  timeoutSeconds: z.int().min(1).optional(),
  successThreshold: z.int().min(1).optional(),
  failureThreshold: z.int().min(1).optional(),
});

const container = z.strictObject({
  name: z.literal('kserve-container'),
  image: z.string().min(1),
  ports: z
    .array(
      z.strictObject({
        name: z.string().optional(),
        containerPort: z.int(),
        protocol: z.string().optional(),
      }),
    )
    .min(1),
  env: z.array(z.strictObject({ name: z.string().min(1), value: z.string() })),
  resources: z.strictObject({
    requests: z.record(z.string(), z.string()),
    limits: z.record(z.string(), z.string()),
  }),
  startupProbe: probe.optional(),
  readinessProbe: probe,
  livenessProbe: probe,
  lifecycle: z.unknown().optional(),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.boolean().optional(),
    readOnlyRootFilesystem: z.boolean().optional(),
    runAsNonRoot: z.boolean().optional(),
    runAsUser: z.int().min(0).optional(),
    capabilities: z.strictObject({ drop: z.array(z.string()) }).optional(),
    seccompProfile: z.strictObject({ type: z.enum(['RuntimeDefault', 'Localhost']) }).optional(),
  }),
});

const inferenceService = z.strictObject({
  apiVersion: z.literal('serving.kserve.io/v1beta1'),
  kind: z.literal('InferenceService'),
  metadata: z.strictObject({
    name: z.string().regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.strictObject({
    predictor: z.strictObject({
      minReplicas: z.int().min(0).default(1),
      maxReplicas: z.int().min(0).default(0),
      scaleMetric: z.enum(['cpu', 'memory', 'concurrency', 'rps']).optional(),
      scaleTarget: z.int().optional(),
      containerConcurrency: z.int().min(0).optional(),
      timeout: z.int().optional(),
      deploymentStrategy: z.unknown().optional(),
      automountServiceAccountToken: z.boolean().optional(),
      terminationGracePeriodSeconds: z.int().optional(),
      containers: z.tuple([container]),
    }),
  }),
});

type Predictor = z.output<typeof inferenceService>['spec']['predictor'];

const AUTOSCALER_CLASS = 'serving.kserve.io/autoscalerClass';
const BLOCKED_BY_KSERVE = ['PYTHONPATH'];
const RESERVED_BY_KNATIVE = ['PORT', 'K_SERVICE', 'K_CONFIGURATION', 'K_REVISION'];
const PORTS_OF_KNATIVE = [8008, 8012, 8013, 8022, 8112, 9090, 9091];

/** Why an InferenceService would be refused; empty where it would not. */
export function kserveFaults(document: unknown): string[] {
  const parsed = inferenceService.safeParse(document);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  }
  const { metadata, spec } = parsed.data;
  const { predictor } = spec;
  const faults: string[] = [];
  const { minReplicas, maxReplicas } = predictor;
  if (maxReplicas !== 0 && minReplicas > maxReplicas) faults.push('minReplicas over maxReplicas');
  const autoscaler = metadata.annotations[AUTOSCALER_CLASS];
  if (autoscaler !== undefined && !['hpa', 'external', 'keda', 'none'].includes(autoscaler)) {
    faults.push(`[${autoscaler}] is not a supported autoscaler class type`);
  }
  for (const { name } of predictor.containers[0].env) {
    if (BLOCKED_BY_KSERVE.includes(name)) faults.push(`setting ${name} is not allowed`);
  }
  // Any other mode is validated as if it were the serverless one, also the earlier name of raw deployment.
  if (metadata.annotations['serving.kserve.io/deploymentMode'] === 'Standard') {
    return [...faults, ...hpaFaults(predictor, autoscaler)];
  }
  return [...faults, ...kpaFaults(predictor), ...knativeFaults(predictor)];
}

function hpaFaults({ scaleMetric = 'cpu', scaleTarget }: Predictor, autoscaler?: string): string[] {
  if (autoscaler !== 'hpa') return [];
  if (scaleMetric !== 'cpu' && scaleMetric !== 'memory') {
    return [`[${scaleMetric}] is not a supported metric`];
  }
  const outside = scaleTarget !== undefined && (scaleTarget < 1 || scaleTarget > 100);
  return outside ? ['the target utilization percentage should be a [1-100] integer'] : [];
}

function kpaFaults(predictor: Predictor): string[] {
  const { scaleMetric = 'concurrency', scaleTarget = 1, deploymentStrategy } = predictor;
  const faults: string[] = [];
  if (deploymentStrategy !== undefined) faults.push('deploymentStrategy is for raw deployment');
  if (scaleMetric !== 'concurrency' && scaleMetric !== 'rps') {
    faults.push(`[${scaleMetric}] is not a supported metric`);
  }
  if (scaleMetric === 'rps' && scaleTarget < 1) faults.push('the target for rps is below 1');
  return faults;
}

function knativeFaults({ containers, terminationGracePeriodSeconds }: Predictor): string[] {
  const [{ env, ports, lifecycle, startupProbe, readinessProbe }] = containers;
  const faults: string[] = [];
  for (const { name } of env) {
    if (RESERVED_BY_KNATIVE.includes(name)) {
      faults.push(`"${name}" is a reserved environment variable`);
    }
  }
  const [{ name = '', containerPort, protocol = 'TCP' }, ...more] = ports as [
    Predictor['containers'][0]['ports'][number],
  ];
  if (more.length > 0) faults.push('more than one container port is set');
  if (!['', 'http1', 'h2c'].includes(name)) faults.push(`Port name ${name} is not allowed`);
  if (PORTS_OF_KNATIVE.includes(containerPort)) faults.push(`${containerPort} is a reserved port`);
  if (protocol !== 'TCP') faults.push(`invalid value: ${protocol}`);
  if (lifecycle !== undefined) faults.push('must not set the field(s): lifecycle');
  if (startupProbe !== undefined) faults.push('must not set the field(s): startupProbe');
  if (terminationGracePeriodSeconds !== undefined) {
    faults.push('must not set the field(s): terminationGracePeriodSeconds');
  }
  const { timeoutSeconds, successThreshold, failureThreshold } = readinessProbe;
  if ([timeoutSeconds, successThreshold, failureThreshold].includes(undefined)) {
    faults.push(
      'readinessProbe: out of bounds: timeoutSeconds, successThreshold, failureThreshold',
    );
  }
  return faults;
}
