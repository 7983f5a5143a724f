import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import acral from '../../../sources/acral.json' with { type: 'json' };
import closeUps from '../../../sources/close-ups.json' with { type: 'json' };
import ham10000 from '../../../sources/ham10000.json' with { type: 'json' };
import isic2017 from '../../../sources/isic2017.json' with { type: 'json' };
import milk10k from '../../../sources/milk10k.json' with { type: 'json' };
import otherDiagnoses from '../../../sources/other-diagnoses.json' with { type: 'json' };
import phone from '../../../sources/phone.json' with { type: 'json' };
import { parseJson } from '../../files/json-file.ts';

/** How the images of a source were taken. */
export const MODALITIES = ['dermoscopic', 'close-up', 'phone'] as const;

export type Modality = (typeof MODALITIES)[number];

/** Where the public copy of a source is. `page` is for people: what to read, and where to go if the address has moved. */
const publicCopySchema = z.discriminatedUnion('from', [
  /** HAM10000, by Kaggle's endpoint, which wants a token. */
  z.strictObject({ from: z.literal('kaggle'), page: z.url() }),
  /** What a search of the ISIC archive finds, image by image. */
  z.strictObject({
    from: z.literal('isic-archive'),
    page: z.url(),
    /** In the archive's language (api.isic-archive.com/api/docs); `''` for all images of the collections. */
    query: z.string(),
    /** Numbers of the archive's collections; none for the whole archive. */
    collections: z.array(z.number().int().positive()),
  }),
  /** A part of the files of the MILK10k challenge. */
  z.strictObject({
    from: z.literal('milk10k'),
    page: z.url(),
    /** Folder of the challenge's files. */
    url: z.url(),
    /** As its table has it: `dermoscopic` or `clinical: close-up`. */
    imageType: z.string().min(1),
    /** Lesions of the classes, or those whose diagnosis the definition maps to null. */
    classes: z.enum(['trained', 'other']),
  }),
  /** PAD-UFES-20 as Mendeley Data packs it. */
  z.strictObject({ from: z.literal('pad-ufes-20'), page: z.url(), url: z.url() }),
]);

/** A JSON file that describes where images are from; the committed ones are in `training/sources`. */
export const sourceDefinitionSchema = z.strictObject({
  /** What figures by source are called by, and what the column `source` of a CSV may hold. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and dashes'),
  /** For people. */
  title: z.string().min(1),
  licence: z.string().min(1),
  attribution: z.string().min(1),
  description: z.string().min(1),
  modality: z.enum(MODALITIES).default('dermoscopic'),
  /** Share of its images that validation gets, where a split is made. */
  validationFraction: z.number().min(0.05).max(0.5).optional(),
  /**
   * What the diagnoses of its CSV mean, by lower-case name: a label, or null for a disease that is none of the
   * classes, whose images are not trained on. The labels mean themselves; every other diagnosis is an error.
   */
  diagnoses: z.record(z.string(), z.string().nullable()).default({}),
  /** Those of its diagnoses that are squamous cell carcinoma, which is not to be answered `routine`. */
  squamous: z.array(z.string()).default([]),
  /** Where `data -- download` takes it from; left out where it cannot. */
  download: publicCopySchema.optional(),
});

export type SourceDefinition = z.infer<typeof sourceDefinitionSchema>;

export type PublicCopy = z.infer<typeof publicCopySchema>;

/** The definitions that come with the project, HAM10000's first. */
export const KNOWN_SOURCES: readonly SourceDefinition[] = [
  ham10000,
  milk10k,
  isic2017,
  acral,
  otherDiagnoses,
  closeUps,
  phone,
].map((definition) => sourceDefinitionSchema.parse(definition));

export const isKnownSource = (source: string): boolean =>
  KNOWN_SOURCES.some(({ name }) => name === source);

/**
 * Reads a definition.
 *
 * @param source name of one of {@link KNOWN_SOURCES}, or the path of a JSON file
 * @throws Error that says what of the file is wrong
 */
export async function readSourceDefinition(source: string): Promise<SourceDefinition> {
  const known = KNOWN_SOURCES.find(({ name }) => name === source);
  if (known) return known;
  const text = await readFile(source, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const names = KNOWN_SOURCES.map(({ name }) => name).join(', ');
    const detail = `is neither a JSON file that can be read nor one of ${names}`;
    throw new Error(`--source ${source} ${detail} (${cause.code ?? cause.message})`, { cause });
  });
  return parseJson(text.replace(/^\uFEFF/, ''), `--source ${source}`, sourceDefinitionSchema);
}
