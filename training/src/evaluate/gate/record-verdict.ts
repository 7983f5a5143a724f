import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_PATH, parseJson } from '@naevus/shared/model/load-manifest';
import { type Manifest, manifestSchema } from '@naevus/shared/model/manifest';
import { SIGNATURE_PATH } from '@naevus/shared/model/signature';
import { writeJson } from '../../files/json-file.ts';
import { reportJson } from '../../files/report-json.ts';
import type { GateReport } from './gate-report.ts';

/**
 * Writes the gate's report into a candidate's folder and its verdict into the manifest, with the reason of an
 * override.
 *
 * @param markdown the report for people
 * @throws Error when the candidate was refused, or is signed already: its manifest must not change any more
 */
export async function recordVerdict(
  folder: string,
  report: GateReport,
  markdown: string,
): Promise<void> {
  if (report.verdict === 'refused') throw new Error('a refusal is not recorded in the candidate');
  if (await stat(join(folder, SIGNATURE_PATH)).catch(() => null)) {
    throw new Error(`${folder} is signed: its manifest can no longer take the gate's verdict`);
  }
  const path = join(folder, MANIFEST_PATH);
  const manifest = parseJson(new Uint8Array(await readFile(path)), MANIFEST_PATH, manifestSchema);
  const reports = new Map([
    ['reports/gate.json', reportJson(report)],
    ['reports/gate.md', markdown],
  ]);
  const files = manifest.files.filter((file) => !reports.has(file.path));
  for (const [name, text] of reports) {
    const bytes = Buffer.from(text);
    await writeFile(join(folder, name), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files.push({ path: name, bytes: bytes.length, sha256 });
  }
  const recorded: Manifest = {
    ...manifest,
    gate: {
      verdict: report.verdict,
      comparedWith: report.current?.version ?? null,
      ...(report.overrideReason && { overrideReason: report.overrideReason }),
    },
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
  await writeJson(path, manifestSchema.parse(recorded));
}
