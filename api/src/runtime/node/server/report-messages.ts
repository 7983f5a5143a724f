import type { ReportContent } from '../../../answers/report-content.ts';

/** To the thread that makes reports. */
export interface ReportRequest {
  readonly id: number;
  readonly content: ReportContent;
}

/** Back from it. */
export type ReportReply =
  | { readonly id: number; readonly pdf: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly defect: string };
