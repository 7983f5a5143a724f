import type { Language } from '../schemas/languages.ts';
import type { Catalogue } from './catalogue.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';

export const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en, de, fr, es };
