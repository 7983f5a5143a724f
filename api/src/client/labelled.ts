/** An answer whose labels are those of a certain taxonomy. */
export type Labelled<T, L extends string> = T extends readonly (infer Item)[]
  ? Labelled<Item, L>[]
  : T extends object
    ? { [Member in keyof T]: LabelledMember<Member, T[Member], L> }
    : T;

type LabelledMember<Name, T, L extends string> = Name extends 'label' | 'class'
  ? L
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
