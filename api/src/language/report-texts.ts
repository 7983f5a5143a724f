import type { Language } from '../schemas/languages.ts';

/** What only a printed report says. */
export interface ReportTexts {
  readonly title: string;
  readonly heatmap: string;
  /** With `{count}`. */
  readonly scores: string;
  /** Of classes that there is no room for, with `{count}`. */
  readonly more: string;
  readonly notSeen: string;
  /** With `{date}`. */
  readonly made: string;
}

export const REPORT_TEXTS: Readonly<Record<Language, ReportTexts>> = {
  en: {
    title: 'Scores of one skin lesion',
    heatmap: 'Heat map: {name}',
    scores: 'Scores of the {count} classes',
    more: '{count} more classes with lower scores are not shown.',
    notSeen: 'What the model has not seen',
    made: 'Made {date}',
  },
  de: {
    title: 'Werte einer Hautläsion',
    heatmap: 'Wärmekarte: {name}',
    scores: 'Werte der {count} Klassen',
    more: '{count} weitere Klassen mit niedrigeren Werten sind nicht gezeigt.',
    notSeen: 'Was das Modell nicht kennt',
    made: 'Erstellt {date}',
  },
  fr: {
    title: 'Scores d’une lésion cutanée',
    heatmap: 'Carte de chaleur : {name}',
    scores: 'Scores des {count} classes',
    more: '{count} autres classes aux scores plus bas ne sont pas montrées.',
    notSeen: 'Ce que le modèle n’a jamais vu',
    made: 'Établi le {date}',
  },
  es: {
    title: 'Puntuaciones de una lesión cutánea',
    heatmap: 'Mapa de calor: {name}',
    scores: 'Puntuaciones de las {count} clases',
    more: 'No se muestran otras {count} clases con puntuaciones más bajas.',
    notSeen: 'Lo que el modelo no ha visto',
    made: 'Elaborado el {date}',
  },
};
