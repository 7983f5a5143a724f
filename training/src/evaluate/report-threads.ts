import { availableParallelism } from 'node:os';
import type { Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import { taxonomy } from '../taxonomy/current.ts';
import { WorkerThreads, workerFile } from '../threads/worker-threads.ts';
import type { metricsReport } from './metrics/metrics-report.ts';
import type { outsideReport } from './sources/outside-report.ts';
import type { sourceReport } from './sources/source-report.ts';

/** Reports that are drawn from a thousand resamples each: seconds of arithmetic, and nothing else. */
export interface Reports {
  readonly metricsReport: typeof metricsReport;
  readonly sourceReport: typeof sourceReport;
  readonly outsideReport: typeof outsideReport;
}

export interface ReportRequest {
  readonly name: keyof Reports;
  readonly inputs: readonly unknown[];
  /** What the command works on: a thread knows nothing of its own. */
  readonly taxonomy: Taxonomy;
}

/** As many as there are cores, and reports. */
const MOST_THREADS = 3;

/** Computes reports, several at once, each as its function does. */
export interface ReportThreads {
  compute<K extends keyof Reports>(
    name: K,
    ...inputs: Parameters<Reports[K]>
  ): Promise<ReturnType<Reports[K]>>;
  stop(): void;
}

/** @throws Error when a thread cannot start */
export async function startReportThreads(): Promise<ReportThreads> {
  const count = Math.min(availableParallelism(), MOST_THREADS);
  const threads = await WorkerThreads.start<ReportRequest, unknown>(
    workerFile('report-worker'),
    count,
    undefined,
  );
  return {
    compute: (name, ...inputs) =>
      threads.run({ name, inputs, taxonomy: taxonomy() }) as Promise<
        ReturnType<Reports[typeof name]>
      >,
    stop: () => threads.stop(),
  };
}
