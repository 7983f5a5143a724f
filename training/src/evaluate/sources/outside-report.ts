import { type Abstention, type Answer, abstains, isRoutine } from '../assessment/answered-image.ts';
import { type Measured, measuredShare } from '../assessment/lesion-interval.ts';

/** An image that is none of the classes, or was taken without a dermatoscope, and what it is answered. */
export interface AnsweredOutside {
  readonly source: string;
  readonly modality: string;
  /** As its CSV has it; empty where that says nothing. */
  readonly diagnosis: string;
  readonly lesionId: string | null;
  readonly answer: Answer;
}

/** What images of one kind are answered. Shares of all of them. */
export interface OutsideGroup {
  readonly source: string;
  readonly modality: string;
  /** null: all of the source. */
  readonly diagnosis: string | null;
  readonly images: number;
  readonly abstained: Measured;
  readonly abstainedFor: Readonly<Record<keyof Abstention, number>>;
  /** Called `routine`: nobody would look after them. */
  readonly routine: Measured;
  readonly aboveThreshold: number;
}

/** `outside.json` */
export interface OutsideReport {
  readonly schemaVersion: 1;
  readonly groups: readonly OutsideGroup[];
}

/** How images are answered that the model was not made for: by source, and by diagnosis where they are dermoscopic. */
export function outsideReport(images: readonly AnsweredOutside[], seed: number): OutsideReport {
  const groups = new Map<string, AnsweredOutside[]>();
  const add = (key: string, image: AnsweredOutside) =>
    groups.set(key, [...(groups.get(key) ?? []), image]);
  for (const image of images) {
    add(JSON.stringify([image.source, null]), image);
    if (image.modality !== 'dermoscopic' || image.diagnosis === '') continue;
    add(JSON.stringify([image.source, image.diagnosis]), image);
  }
  return {
    schemaVersion: 1,
    groups: [...groups].map(([key, members]): OutsideGroup => {
      const [source, diagnosis] = JSON.parse(key) as [string, string | null];
      const share = (holds: (answer: Answer) => boolean) =>
        measuredShare(
          members.map(({ answer, lesionId }) => ({ hit: holds(answer), lesionId })),
          seed,
        );
      const count = (holds: (answer: Answer) => boolean) =>
        members.filter(({ answer }) => holds(answer)).length / members.length;
      return {
        source,
        modality: members[0]!.modality,
        diagnosis,
        images: members.length,
        abstained: share(({ abstention }) => abstains(abstention)),
        abstainedFor: {
          quality: count(({ abstention }) => abstention.quality),
          distance: count(({ abstention }) => abstention.distance),
          modality: count(({ abstention }) => abstention.modality),
        },
        routine: share(isRoutine),
        aboveThreshold: count(({ aboveThreshold }) => aboveThreshold),
      };
    }),
  };
}
