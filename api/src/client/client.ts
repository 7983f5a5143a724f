import { HAM10000_LABELS, type Ham10000Label } from '@naevus/shared/taxonomy/ham10000-label';
import type { DiagnosticReport, OperationOutcome } from '../fhir/resources.ts';
import type { ReportContext } from '../schemas/fhir.ts';
import type { GradcamResponse as AnyGradcamResponse } from '../schemas/gradcam.ts';
import type { Ready } from '../schemas/health.ts';
import type { LesionResponse as AnyLesionResponse } from '../schemas/lesion.ts';
import type { ModelResponse as AnyModelResponse } from '../schemas/model.ts';
import type {
  BatchResponse as AnyBatchResponse,
  PredictResponse as AnyPredictResponse,
} from '../schemas/prediction.ts';
import type { Problem } from '../schemas/problem.ts';
import type { GradcamQuery, PatientQuery, PredictQuery } from '../schemas/request.ts';
import {
  FHIR_MEDIA_TYPE,
  PDF_MEDIA_TYPE,
  PROBLEM_MEDIA_TYPE,
  PROBLEM_TYPE_PREFIX,
} from '../schemas/wire-names.ts';
import { NaevusError } from './client-error.ts';
import type { Labelled } from './labelled.ts';
import { retryAfterMs } from './retry-after.ts';

export type { Problem, ProblemKind } from '../schemas/problem.ts';
export { type ClientErrorKind, NaevusError } from './client-error.ts';
export type { DiagnosticReport, Ham10000Label, Ready };

export type PredictResponse<L extends string = Ham10000Label> = Labelled<AnyPredictResponse, L>;
export type BatchResponse<L extends string = Ham10000Label> = Labelled<AnyBatchResponse, L>;
export type LesionResponse<L extends string = Ham10000Label> = Labelled<AnyLesionResponse, L>;
export type GradcamResponse<L extends string = Ham10000Label> = Labelled<AnyGradcamResponse, L>;
export type ModelResponse<L extends string = Ham10000Label> = Labelled<AnyModelResponse, L>;

/** An image file in a format that the server reads: a `File` of a form, or what `readFile` gives. */
export type ImageFile = Blob | Uint8Array<ArrayBuffer> | ArrayBuffer;

export interface ClientOptions<L extends string = Ham10000Label> {
  /** Where the server is, such as `https://naevus.example`. */
  readonly baseUrl: string | URL;
  /** Sent as `Authorization: Bearer`. */
  readonly apiKey?: string;
  /** How often a request is repeated that was answered with 503 or 429; 3 by default. */
  readonly retries?: number;
  /** No waiting for longer than this, whatever `Retry-After` says; 30 by default. */
  readonly maxWaitSeconds?: number;
  /** In place of the runtime's own. */
  readonly fetch?: typeof fetch;
  /**
   * The labels of the classes that the server is expected to have, in the order of `/model`; HAM10000's by default.
   * Answers of a version with other classes are errors (`other-classes`).
   */
  readonly labels?: readonly L[];
}

/** Of one request. */
export interface RequestOptions {
  /** Ends the request, and the waiting between its repeats. */
  readonly signal?: AbortSignal;
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`; the answer and the server's log carry it. */
  readonly requestId?: string;
}

/** What is known of the patient; what is not is left out. */
export interface PatientOptions {
  /** Years, 0 to 120. */
  readonly age?: PatientQuery['age'];
  readonly sex?: PatientQuery['sex'];
  /** One of HAM10000's names, or a SNOMED CT body-site code. */
  readonly site?: PatientQuery['site'];
}

interface AnalysisRequestOptions<L extends string> extends RequestOptions, PatientOptions {
  /** Version of the model; the current one by default. */
  readonly version?: PredictQuery['version'];
  /** How common the classes are: by name, or one share a class, which sum to 1. The version's own by default. */
  readonly prior?: 'training' | 'uniform' | Readonly<Record<L, number>>;
  /** Of the prediction set: 0.80 to 0.99 in steps of 0.01; 0.90 by default. */
  readonly coverage?: PredictQuery['coverage'];
  /** Where the malignant score is cut; `model()` says what each point is worth. */
  readonly operatingPoint?: PredictQuery['operating_point'];
  /** Whether an image that no answer should be given for is a problem (`abstained`). */
  readonly strict?: PredictQuery['strict'];
  /** Views that the answer is averaged over: 1, 4 or 8. */
  readonly tta?: PredictQuery['tta'];
  /** How many of the training lesions that look most like the image to answer with, 1 to 10. */
  readonly similar?: PredictQuery['similar'];
  /** With `dicom`, age, sex and site come from the headers of the DICOM files, as far as they are not given here. */
  readonly patientFrom?: PredictQuery['patient'];
  /** Of names, reasons, limits and disclaimer: `en`, `de`, `fr` or `es`. */
  readonly language?: PredictQuery['language'];
}

export interface PredictOptions<L extends string = Ham10000Label>
  extends AnalysisRequestOptions<L> {
  /** How many predictions, the likeliest first; all by default. */
  readonly topK?: PredictQuery['top_k'];
}

/** What a report says because you do, and whether it presents heat maps. */
export interface ReportOptions<L extends string = Ham10000Label>
  extends Omit<PredictOptions<L>, 'similar'>,
    ReportContext {
  readonly heatmap?: boolean;
}

export interface GradcamOptions<L extends string = Ham10000Label>
  extends AnalysisRequestOptions<L> {
  /** The class to explain; without it the one with the highest score. */
  readonly class?: L;
  /** Opacity of the overlay where the map is hottest, 0 to 1. */
  readonly alpha?: GradcamQuery['alpha'];
  /** What the heat map is made by; `grad-cam` by default. */
  readonly method?: GradcamQuery['method'];
}

export interface GradcamPictureOptions<L extends string = Ham10000Label> extends GradcamOptions<L> {
  /** A colour bar below the image, with the class in words. */
  readonly legend?: boolean;
}

export interface ModelOptions extends RequestOptions {
  /** The current one by default. */
  readonly version?: string;
}

/** The overlay as an image. */
export interface GradcamPicture<L extends string = Ham10000Label> {
  /** A PNG file. */
  readonly png: Blob;
  readonly modelVersion: string;
  /** The label with the highest score. */
  readonly predictedClass: L;
  /** The label that the heat map explains. */
  readonly explainedClass: L;
  /** How much of the map speaks for that class, and not against it: 0 to 1. */
  readonly share: number;
  /** True where the scores of the image mean nothing; undefined of a version that does not assess its answers. */
  readonly abstained: boolean | undefined;
  /** `refer`, `review` or `routine`, where the version has a word. */
  readonly triage: string | undefined;
  readonly disclaimer: string;
}

const FIRST_WAIT_MS = 500;

/**
 * Asks a Naevus server. For browsers and Node: nothing is used but `fetch`.
 *
 * A request that is answered with 503 or 429 is repeated after what `Retry-After` asks for, or,
 * where it says nothing, after half a second, then a second, and so on.
 *
 * Every method throws {@link NaevusError}; and what its signal was aborted with.
 *
 * @example
 * const naevus = new NaevusClient({ baseUrl: 'http://localhost:8080' });
 * const { predictions } = await naevus.predict(await readFile('lesion.jpg'), { topK: 3 });
 *
 * @example A server with classes of its own:
 * const labels = ['melanoma', 'other'] as const;
 * const naevus = new NaevusClient({ baseUrl: 'http://localhost:8080', labels });
 */
export class NaevusClient<L extends string = Ham10000Label> {
  readonly #base: URL;
  readonly #options: ClientOptions<L>;
  readonly #labels: readonly L[];

  /** @throws TypeError when `baseUrl` is no address */
  constructor(options: ClientOptions<L>) {
    this.#base = new URL(options.baseUrl);
    if (!this.#base.pathname.endsWith('/')) this.#base.pathname += '/';
    this.#options = options;
    this.#labels = options.labels ?? (HAM10000_LABELS as readonly string[] as readonly L[]);
  }

  /** `POST /predict`: scores of one image. */
  async predict(image: ImageFile, options: PredictOptions<L> = {}): Promise<PredictResponse<L>> {
    return this.#answer<PredictResponse<L>>('predict', options, {
      query: predictionQuery(options, this.#labels),
      body: fileBody(image),
    });
  }

  /** `POST /predict` of several: one result an image, in their order; a bad one is an error in its place. */
  async predictBatch(
    images: readonly ImageFile[],
    options: PredictOptions<L> = {},
  ): Promise<BatchResponse<L>> {
    // As JSON, because a form with one image is no batch.
    const encoded = await Promise.all(images.map(toBase64));
    return this.#answer<BatchResponse<L>>('predict', options, {
      query: predictionQuery(options, this.#labels),
      body: { type: 'application/json', content: JSON.stringify({ images: encoded }) },
    });
  }

  /** `POST /lesion`: one answer to 1 to 8 photos of one lesion, and each photo by itself. */
  async lesion(
    photos: readonly ImageFile[],
    options: PredictOptions<L> = {},
  ): Promise<LesionResponse<L>> {
    const encoded = await Promise.all(photos.map(toBase64));
    return this.#answer<LesionResponse<L>>('lesion', options, {
      query: predictionQuery(options, this.#labels),
      body: { type: 'application/json', content: JSON.stringify({ images: encoded }) },
    });
  }

  /** `POST /lesion` as a FHIR R4 `DiagnosticReport`, of one photo as well. */
  async lesionReport(
    photos: readonly ImageFile[],
    options: ReportOptions<L> = {},
  ): Promise<DiagnosticReport> {
    const encoded = await Promise.all(photos.map(toBase64));
    const { subject, encounter, basedOn, bodySite, heatmap } = options;
    return this.#json<DiagnosticReport>('lesion', options, {
      // What tells of a patient is in the body: addresses are logged on the way.
      query: { ...analysisQuery(options, this.#labels), top_k: options.topK, heatmap },
      body: {
        type: JSON_TYPE,
        content: JSON.stringify({
          images: encoded,
          ...patientOf(options),
          ...{ subject, encounter, basedOn, bodySite },
        }),
      },
      accept: FHIR_MEDIA_TYPE,
    });
  }

  /** `POST /lesion` as a page to keep, a PDF file. Servers on Node make them; others answer `not-acceptable`. */
  async lesionPdf(
    photos: readonly ImageFile[],
    options: Omit<PredictOptions<L>, 'topK' | 'similar'> = {},
  ): Promise<Blob> {
    const encoded = await Promise.all(photos.map(toBase64));
    const response = await this.#ask('lesion', options, {
      query: analysisQuery(options, this.#labels),
      body: {
        type: JSON_TYPE,
        content: JSON.stringify({ images: encoded, ...patientOf(options) }),
      },
      accept: PDF_MEDIA_TYPE,
    });
    return whole(response, options.signal, () => response.blob());
  }

  /** `POST /gradcam` as JSON: the grid, a small overlay and the scores. */
  async gradcam(image: ImageFile, options: GradcamOptions<L> = {}): Promise<GradcamResponse<L>> {
    return this.#answer<GradcamResponse<L>>('gradcam', options, {
      query: heatmapQuery(options, this.#labels),
      body: fileBody(image),
    });
  }

  /** `POST /gradcam` as an image: up to 1024 pixels on its long side. */
  async gradcamPicture(
    image: ImageFile,
    options: GradcamPictureOptions<L> = {},
  ): Promise<GradcamPicture<L>> {
    const response = await this.#ask('gradcam', options, {
      query: { ...heatmapQuery(options, this.#labels), legend: options.legend },
      body: fileBody(image),
      accept: 'image/png',
    });
    return {
      png: await whole(response, options.signal, () => response.blob()),
      modelVersion: response.headers.get('X-Model-Version') ?? '',
      predictedClass: this.#label(response.headers.get('X-Predicted-Class')),
      explainedClass: this.#label(response.headers.get('X-Heatmap-Class')),
      share: Number(response.headers.get('X-Heatmap-Share')),
      abstained: booleanOf(response.headers.get('X-Abstained')),
      triage: response.headers.get('X-Triage') ?? undefined,
      disclaimer: response.headers.get('X-Disclaimer') ?? '',
    };
  }

  /** `GET /model`: what is served, and how good it was measured to be. */
  model(options: ModelOptions = {}): Promise<ModelResponse<L>> {
    return this.#answer<ModelResponse<L>>('model', options, {
      query: { version: options.version },
    });
  }

  /** `GET /health/ready`. Not repeated: that the server is not ready is an answer, too. */
  async ready(options: RequestOptions = {}): Promise<Ready | undefined> {
    try {
      return await this.#json<Ready>('health/ready', options, { retries: 0 });
    } catch (error) {
      if (error instanceof NaevusError && error.status === 503) return undefined;
      throw error;
    }
  }

  /** JSON about the server's classes, which are those that are expected. */
  async #answer<T>(path: string, options: RequestOptions, request: Outgoing = {}): Promise<T> {
    const answer = await this.#json<T>(path, options, request);
    const labels = classesOf(answer);
    if (labels !== undefined && labels.join() !== this.#labels.join()) {
      throw this.#otherClasses(labels.join(', '));
    }
    return answer;
  }

  #label(label: string | null): L {
    const known = this.#labels.find((one) => one === label);
    if (known !== undefined) return known;
    if (label === null) return '' as L;
    throw this.#otherClasses(`a class ${label}`);
  }

  #otherClasses(found: string): NaevusError {
    const message = `the server answers with ${found}, where ${this.#labels.join(', ')} are expected: tell the client what the server's classes are (\`labels\`), or ask for another version`;
    return new NaevusError('other-classes', message);
  }

  async #json<T>(path: string, options: RequestOptions, request: Outgoing = {}): Promise<T> {
    const response = await this.#ask(path, options, request);
    const text = await whole(response, options.signal, () => response.text());
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw foreign(response, cause);
    }
  }

  /** The answer, once it is one of success. */
  async #ask(path: string, options: RequestOptions, request: Outgoing): Promise<Response> {
    const { maxWaitSeconds = 30 } = this.#options;
    const retries = request.retries ?? this.#options.retries ?? 3;
    for (let attempt = 0; ; attempt++) {
      const response = await this.#send(path, options, request);
      if (response.ok) {
        const accept = request.accept ?? JSON_TYPE;
        if (response.headers.get('Content-Type')?.startsWith(accept)) return response;
        throw foreign(response);
      }
      const repeatable = response.status === 503 || response.status === 429;
      if (!repeatable || attempt >= retries) throw await errorOf(response, options.signal);
      const asked = retryAfterMs(response.headers.get('Retry-After'), Date.now());
      const wait = asked ?? FIRST_WAIT_MS * 2 ** attempt;
      // Asking again before that gives no answer sooner.
      if (wait > maxWaitSeconds * 1000) throw await errorOf(response, options.signal);
      await response.body?.cancel();
      await delay(wait, options.signal);
    }
  }

  async #send(
    path: string,
    { signal, requestId }: RequestOptions,
    { query = {}, body, accept = JSON_TYPE }: Outgoing,
  ): Promise<Response> {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers = new Headers({ Accept: accept });
    if (body !== undefined) headers.set('Content-Type', body.type);
    if (requestId !== undefined) headers.set('X-Request-Id', requestId);
    if (this.#options.apiKey) headers.set('Authorization', `Bearer ${this.#options.apiKey}`);
    const send = this.#options.fetch ?? fetch;
    try {
      return await send(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers,
        ...(body !== undefined && { body: body.content }),
        ...(signal && { signal }),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new NaevusError('unreachable', `nothing answered at ${url.origin}`, { cause });
    }
  }
}

const JSON_TYPE = 'application/json';

type QueryValue = string | number | boolean | undefined;

/** One value a parameter, so that the compiler finds one that the client lacks. */
type QueryOf<Parameters> = { readonly [Name in keyof Required<Parameters>]: QueryValue };

interface Outgoing {
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: { readonly type: string; readonly content: ImageFile | string };
  readonly accept?: string;
  readonly retries?: number;
}

/** What `lesionReport` sends in its body or by itself. */
type OfReports = keyof ReportContext | 'heatmap';

/** The labels that an answer is about, in their order. */
function classesOf(answer: unknown): readonly string[] | undefined {
  const { prior, taxonomy } = answer as Partial<Pick<AnyModelResponse, 'prior' | 'taxonomy'>>;
  if (taxonomy !== undefined) return taxonomy.classes.map(({ label }) => label);
  return prior && Object.keys(prior.probabilities);
}

function predictionQuery<L extends string>(
  options: PredictOptions<L>,
  labels: readonly L[],
): QueryOf<Omit<PredictQuery, OfReports>> {
  const { topK, similar } = options;
  return { top_k: topK, similar, ...analysisQuery(options, labels), ...patientOf(options) };
}

function heatmapQuery<L extends string>(
  options: GradcamOptions<L>,
  labels: readonly L[],
): QueryOf<Omit<GradcamQuery, 'legend'>> {
  const { class: label, alpha, method, similar } = options;
  return {
    class: label,
    ...{ alpha, method, similar },
    ...analysisQuery(options, labels),
    ...patientOf(options),
  };
}

/** What every answer about images takes, without the patient. */
function analysisQuery<L extends string>(
  options: Omit<AnalysisRequestOptions<L>, 'similar'>,
  labels: readonly L[],
) {
  const { prior, operatingPoint, version, coverage, strict, tta, language, patientFrom } = options;
  return {
    prior: typeof prior === 'object' ? labels.map((label) => prior[label]).join(',') : prior,
    operating_point: operatingPoint,
    patient: patientFrom,
    ...{ version, coverage, strict, tta, language },
  };
}

function booleanOf(header: string | null): boolean | undefined {
  return header === null ? undefined : header === 'true';
}

function patientOf({ age, sex, site }: PatientOptions): QueryOf<PatientQuery> {
  return { age, sex, site };
}

/** The server looks at the bytes; a type such as multipart would make it read them otherwise. */
function fileBody(content: ImageFile): NonNullable<Outgoing['body']> {
  return { type: 'application/octet-stream', content };
}

async function toBase64(image: ImageFile): Promise<string> {
  const bytes = new Uint8Array(image instanceof Blob ? await image.arrayBuffer() : image);
  const chunks: string[] = [];
  // As many arguments as every engine takes, and a whole number of base64's groups.
  for (let i = 0; i < bytes.length; i += 0x6000) {
    chunks.push(btoa(String.fromCharCode(...bytes.subarray(i, i + 0x6000))));
  }
  return chunks.join('');
}

/** Reads a body; what breaks on the way is no answer. */
async function whole<T>(
  { url }: Response,
  signal: AbortSignal | undefined,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new NaevusError('unreachable', `the answer of ${url} broke off`, { cause });
  }
}

async function errorOf(response: Response, signal: AbortSignal | undefined): Promise<NaevusError> {
  const { status, headers } = response;
  const text = await whole(response, signal, () => response.text());
  const type = headers.get('Content-Type') ?? '';
  const isOutcome = type.startsWith(FHIR_MEDIA_TYPE);
  if (!isOutcome && !type.startsWith(PROBLEM_MEDIA_TYPE)) return foreign(response);
  try {
    const problem = isOutcome
      ? problemOf(JSON.parse(text) as OperationOutcome, response)
      : (JSON.parse(text) as Problem);
    return new NaevusError('problem', `${problem.title}: ${problem.detail}`, { status, problem });
  } catch (cause) {
    return foreign(response, cause);
  }
}

/** The problem that an outcome is made of. */
function problemOf({ issue }: OperationOutcome, { status, headers }: Response): Problem {
  const { details, diagnostics } = issue[0]!;
  const { code, display } = details.coding![0]!;
  return {
    type: PROBLEM_TYPE_PREFIX + code,
    title: display!,
    status,
    detail: diagnostics,
    instance: `urn:naevus:request:${headers.get('X-Request-Id')}`,
  };
}

function foreign({ status }: Response, cause?: unknown): NaevusError {
  const message = `unexpected response (${status}); is this a Naevus server?`;
  return new NaevusError('foreign', message, { status, cause });
}

/** Waits; throws what the signal was aborted with, at once. */
async function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
  signal?.throwIfAborted();
}
