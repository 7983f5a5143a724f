import { parentPort } from 'node:worker_threads';
import { lesionReport } from '../report/lesion-report.ts';
import type { ReportReply, ReportRequest } from '../runtime/node/server/report-thread.ts';

const port = parentPort!;

port.on('message', async ({ id, content }: ReportRequest) => {
  let reply: ReportReply;
  try {
    reply = { id, pdf: await lesionReport(content) };
  } catch (error) {
    const defect = error instanceof Error ? (error.stack ?? error.message) : String(error);
    reply = { id, defect };
  }
  port.postMessage(reply, 'pdf' in reply ? [reply.pdf.buffer] : []);
});
