import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { exportOnnx } from '../convert/onnx/onnx-export.ts';
import type { PrepareImage } from '../data/decode/prepare-image.ts';
import type { Dataset } from '../data/load/dataset.ts';
import { replaceFile } from '../files/replace-file.ts';
import { efficientNetB0 } from '../network/architecture.ts';
import { readFinishedRun } from '../run/finished-run.ts';
import { trainedSources } from '../run/trained-source.ts';
import { MODEL_NAME, REPORTS_FOLDER } from '../versions/artifact-layout.ts';
import { reportValidation, samplesOfRun } from './report-validation.ts';
import { REPORT_PAGE } from './run-reports.ts';

/**
 * Writes the reports of a finished run into its folder: `report.html`, one page with everything in it, and
 * the same as files under `reports/`. They are of the network as it is exported, with single precision.
 *
 * @returns the page's path.
 * @throws Error when the run is not whole, or the data are not the run's.
 */
export async function writeRunReports(options: {
  readonly folder: string;
  readonly dataset: Dataset;
  readonly prepare: PrepareImage;
  readonly log: (line: string) => void;
}): Promise<string> {
  const { folder, dataset, prepare, log } = options;
  const run = await readFinishedRun(folder);
  const { files, singlePage } = await reportValidation({
    run,
    onnx: exportOnnx(run.parameters, efficientNetB0(), 'float32'),
    validation: samplesOfRun(run, dataset).validation,
    model: { name: MODEL_NAME, version: `of run ${basename(resolve(folder))}` },
    prepare,
    sources: trainedSources(dataset, run.split),
    log,
  });
  const reports = join(folder, REPORTS_FOLDER);
  await mkdir(reports, { recursive: true });
  for (const [name, content] of files) await writeFile(join(reports, name), content);
  const page = join(folder, REPORT_PAGE);
  await replaceFile(page, singlePage);
  return page;
}
