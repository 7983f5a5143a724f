import ham10000 from './ham10000.json' with { type: 'json' };
import type { Taxonomy } from './taxonomy.ts';

/**
 * The default: the diagnostic categories of HAM10000.
 *
 * Classes: Tschandl, Rosendahl, Kittler, "The HAM10000 dataset", Sci. Data 5:180161 (2018), table 2.
 * Codes: its `codeSystems` say where each system was checked.
 * - akiec is actinic keratosis and Bowen's disease; mel is invasive and in situ melanoma.
 * - bkl (seborrhoeic keratosis, solar lentigo, lichen-planus-like keratosis) and vasc (angiomas,
 *   angiokeratomas, pyogenic granulomas, haemorrhage) are grouped by their looks under the
 *   dermatoscope: no list of codes means the same.
 * - One empty list beside a filled one: a code of that system could not be confirmed for each part of
 *   the class (ICD-11 EK90.0 and SNOMED CT 201101007 are actinic keratosis alone).
 * Colours: Okabe and Ito's palette, which colour-blind readers can tell apart.
 */
export const HAM10000 = ham10000 as Taxonomy;
