import type { Ham10000Label } from '@naevus/shared/taxonomy/ham10000-label';

/** An answer whose labels are those of a certain taxonomy. */
export type Labelled<T, L extends string> = T extends readonly (infer Item)[]
  ? Labelled<Item, L>[]
  : T extends object
    ? { [Member in keyof T]: LabelledMember<Member, T[Member], L> }
    : T;

/** What classes without risk groups have not. */
type OfRisks = 'malignant_score' | 'threshold' | 'operating_point' | 'triage' | 'risk';

/** HAM10000's classes have risk groups. */
type WithRisks<T, L extends string> = [L, Ham10000Label] extends [Ham10000Label, L]
  ? NonNullable<T>
  : T;

type LabelledMember<Name, T, L extends string> = Name extends 'label' | 'class'
  ? L
  : Name extends OfRisks
    ? WithRisks<T, L>
    : Name extends 'probabilities'
      ? Record<L, number>
      : Name extends 'similar_by_class'
        ? T extends Record<string, infer Case>
          ? Partial<Record<L, Labelled<Case, L>>>
          : T
        : Name extends 'labels'
          ? T extends readonly string[]
            ? L[]
            : Labelled<T, L>
          : Labelled<T, L>;
