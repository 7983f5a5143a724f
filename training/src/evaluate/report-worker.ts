import { useTaxonomy } from '../taxonomy/current.ts';
import { answerRequests } from '../threads/answer-requests.ts';
import { buildClinicReports } from './clinic-reports.ts';
import { metricsReport } from './metrics/metrics-report.ts';
import { subgroupReport } from './metrics/subgroups.ts';
import type { ReportRequest, Reports } from './report-threads.ts';
import { outsideReport } from './sources/outside-report.ts';
import { sourceReport } from './sources/source-report.ts';

const reports: Reports = {
  metricsReport,
  subgroupReport,
  buildClinicReports,
  sourceReport,
  outsideReport,
};

answerRequests(({ name, inputs, taxonomy }: ReportRequest) => {
  useTaxonomy(taxonomy, 'the command');
  const compute = reports[name] as (...inputs: readonly unknown[]) => unknown;
  return { reply: compute(...inputs) };
});
