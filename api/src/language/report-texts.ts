import type { Language } from '../schemas/languages.ts';

/** What only a printed report says. */
export interface ReportTexts {
  readonly title: string;
  readonly heatmap: string;
  readonly scores: string;
  readonly notSeen: string;
  /** With `{date}`. */
  readonly made: string;
}

export const REPORT_TEXTS: Readonly<Record<Language, ReportTexts>> = {
  en: {
    title: 'Scores of one skin lesion',
    heatmap: 'Heat map: {name}',
    scores: 'Scores of the seven classes',
    notSeen: 'What the model has not seen',
    made: 'Made {date}',
  },
  de: {
    title: 'Werte einer Hautläsion',
    heatmap: 'Wärmekarte: {name}',
    scores: 'Werte der sieben Klassen',
    notSeen: 'Was das Modell nicht kennt',
    made: 'Erstellt {date}',
  },
  fr: {
    title: 'Scores d’une lésion cutanée',
    heatmap: 'Carte de chaleur : {name}',
    scores: 'Scores des sept classes',
    notSeen: 'Ce que le modèle n’a jamais vu',
    made: 'Établi le {date}',
  },
  es: {
    title: 'Puntuaciones de una lesión cutánea',
    heatmap: 'Mapa de calor: {name}',
    scores: 'Puntuaciones de las siete clases',
    notSeen: 'Lo que el modelo no ha visto',
    made: 'Elaborado el {date}',
  },
};
