import { join } from 'node:path';
import { criticalFigure } from '@naevus/shared/answer/critical-figures';
import { folderSource } from '@naevus/shared/model/folder-source';
import { loadManifest, parseJson, readCurrentVersion } from '@naevus/shared/model/load-manifest';
import type { Manifest } from '@naevus/shared/model/manifest';
import { SIGNATURE_PATH, signatureSchema } from '@naevus/shared/model/signature';
import { ArtifactError } from '@naevus/shared/model/verify';
import { listVersions } from './artifact-store.ts';

/** One line a version, oldest first, the served one marked; a version whose manifest is at fault says so. */
export async function listTable(store: string): Promise<string> {
  const current = await readCurrentVersion(folderSource(store));
  const rows: string[][] = [
    ['', 'version', 'trained', 'balanced', 'AUC', 'critical', 'MB', 'signed by'],
  ];
  for (const version of await listVersions(store)) {
    const mark = version === current ? '*' : '';
    rows.push([mark, version, ...(await describeLine(join(store, version), version))]);
  }
  if (rows.length === 1) return `${store} holds no version yet`;
  const table = alignColumns(rows);
  return `${table}\n\n* is served by default; balanced: balanced accuracy; critical: sensitivity for the critical classes, such as melanoma; both by the top score`;
}

async function describeLine(folder: string, version: string): Promise<string[]> {
  try {
    const { manifest } = await loadManifest(folderSource(folder), undefined, { version });
    const { metrics, files, createdAt } = manifest;
    return [
      createdAt.slice(0, 10),
      metrics.balancedAccuracy.toFixed(3),
      metrics.macroAuc.toFixed(3),
      criticalFigure(metrics)?.toFixed(3) ?? '–',
      megabytes(files),
      await signer(folder),
    ];
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    return [error.message];
  }
}

/** What a version is, for people. */
export async function describeVersion(folder: string): Promise<string> {
  const { manifest, sha256 } = await loadManifest(folderSource(folder));
  const { training, metrics, parity, prior, licence, files, gate } = manifest;
  const images = `${training.trainImages} images, ${training.validationImages} to validate`;
  const rows: (readonly [string, string])[] = [
    ['name', `${manifest.name} ${manifest.version}`],
    ['manifest', `sha256 ${sha256}`],
    ['signed by', await signer(folder)],
    [
      'gate',
      gate
        ? `${gate.verdict}, ${gate.comparedWith ? `compared with ${gate.comparedWith}` : 'a first model'}${gate.overrideReason ? `: ${gate.overrideReason}` : ''}`
        : 'none',
    ],
    ['trained', `${manifest.createdAt} on ${training.dataset} (${images})`],
    ['data', `sha256 ${training.dataSha256}`],
    ['config', `sha256 ${training.configSha256}`],
    ['code', training.codeCommit],
    ['weights from', training.initialWeights],
    ['method', training.method],
    ['prior', prior.name],
    ...Object.entries(metrics).map(([name, value]): [string, string] => [
      name,
      typeof value === 'number' ? value.toFixed(4) : String(value),
    ]),
    [
      'engines',
      `differ by at most ${parity.maxAbsProbabilityDifference.toExponential(1)} on ${parity.images} images`,
    ],
    ['files', `${files.length}, ${megabytes(files)} MB`],
    ['licence', `weights ${licence.weights}, code ${licence.code}`],
  ];
  return alignColumns(rows);
}

/** Who signed, by its own word: only `verify --key` tells whether that holds. */
async function signer(folder: string): Promise<string> {
  const bytes = await folderSource(folder).read(SIGNATURE_PATH);
  return bytes ? parseJson(bytes, SIGNATURE_PATH, signatureSchema).publicKey : 'nobody';
}

function megabytes(files: Manifest['files']): string {
  return (files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(1);
}

function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  // A last cell may be as long as it likes.
  for (const row of rows) {
    for (const [i, cell] of row.slice(0, -1).entries()) {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    }
  }
  return rows
    .map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))))
    .map((cells) => cells.join('  ').trimEnd())
    .join('\n');
}
