import { availableParallelism } from 'node:os';
import type { Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import { taxonomy } from '../taxonomy/current.ts';
import { WorkerThreads, workerFile } from '../threads/worker-threads.ts';
import type { buildClinicReports } from './clinic-reports.ts';
import type { metricsReport } from './metrics/metrics-report.ts';
import type { subgroupReport } from './metrics/subgroups.ts';
import type { outsideReport } from './sources/outside-report.ts';
import type { sourceReport } from './sources/source-report.ts';

/** Reports that are drawn from a thousand resamples each: seconds of arithmetic, and nothing else. */
export interface Reports {
  readonly metricsReport: typeof metricsReport;
  readonly subgroupReport: typeof subgroupReport;
  readonly buildClinicReports: typeof buildClinicReports;
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

/** Computes a report in a thread, as its function does. */
export type ComputeReport = <K extends keyof Reports>(
  name: K,
  ...inputs: Parameters<Reports[K]>
) => Promise<ReturnType<Reports[K]>>;

/**
 * Lends threads that compute reports, several at once.
 *
 * @throws Error when a thread cannot start, and what the report's function throws
 */
export async function withReportThreads<T>(
  use: (compute: ComputeReport) => Promise<T>,
): Promise<T> {
  const count = Math.min(availableParallelism(), MOST_THREADS);
  const threads = await WorkerThreads.start<ReportRequest, unknown>(
    workerFile('report-worker'),
    count,
    undefined,
  );
  try {
    return await use(
      (name, ...inputs) => threads.run({ name, inputs, taxonomy: taxonomy() }) as never,
    );
  } finally {
    threads.stop();
  }
}
