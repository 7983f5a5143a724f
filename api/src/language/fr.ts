import type { Catalogue } from './catalogue.ts';
import { pageFr } from './page/fr.ts';

export const fr: Catalogue = {
  reasons: {
    'far-above-threshold':
      'Les scores des classes {suspicious} atteignent ensemble un niveau au-dessous duquel restent 9 lésions bénignes sur 10.',
    'above-threshold':
      'Les scores des classes {suspicious} atteignent ensemble le seuil du point de fonctionnement.',
    'below-threshold':
      'Les scores des classes {suspicious} restent ensemble au-dessous du seuil du point de fonctionnement. Cela n’exclut pas une maladie.',
    'raised-by-patient':
      'Ce que l’on sait de la personne élève ensemble les scores des classes {suspicious} à un niveau plus urgent. Cela ne les abaisse jamais.',
    'unseen-not-excluded':
      'Le score de la classe {next} est assez élevé pour que {unseen}, qui n’est aucune des classes de cette version, ne puisse être exclu.',
    'critical-not-excluded':
      'Une classe à ne pas manquer ({critical}) est dans l’ensemble de prédiction : elle ne peut pas être exclue à la couverture demandée.',
    'no-typical-class':
      'L’image est inhabituelle pour chacune des classes : l’ensemble de prédiction ne contient que la classe au score le plus élevé, bien qu’elle convienne mal.',
    'photo-more-urgent':
      'Une des photos conduit à elle seule à une décision plus urgente que toutes les photos ensemble.',
    'photos-left-out':
      'Toutes les photos n’ont pas été comptées : certaines sont de mauvaise qualité, hors distribution ou n’ont pas pu être lues.',
    'out-of-distribution':
      'L’image ne ressemble pas aux images dermatoscopiques avec lesquelles le modèle a été entraîné ; ses scores ne signifient rien pour une telle image.',
    'not-dermoscopic':
      'L’image n’a pas été prise à travers un dermatoscope ; ses scores ne signifient rien pour une telle image. Prenez-la à travers un dermatoscope.',
    'too-elongated':
      'L’image est plus de 2,5 fois plus longue que large, et le modèle la verrait comprimée en un carré. Recadrez-la sur la lésion et la peau qui l’entoure.',
    'not-sharp':
      'L’image est moins nette que presque toutes les images avec lesquelles le modèle a été testé. Faites la mise au point et reprenez-la.',
    'too-dark':
      'L’image est plus sombre que presque toutes les images avec lesquelles le modèle a été testé.',
    'too-bright':
      'L’image est plus claire que presque toutes les images avec lesquelles le modèle a été testé.',
    'over-or-underexposed': 'De grandes parties de l’image sont entièrement noires ou blanches.',
    'no-lesion-visible': 'Aucune lésion ne se détache de la peau qui l’entoure.',
    'lesion-too-small': 'La lésion est trop petite dans l’image. Prenez-la de plus près.',
    'lesion-too-large': 'La lésion remplit l’image ; son bord n’est pas visible.',
    'hair-or-ruler': 'Des poils ou les traits d’une règle couvrent une grande partie de l’image.',
    'unusual-colours':
      'Les couleurs ne sont pas celles de la peau : l’image est grise, teintée ou inversée, ou ses canaux de couleur sont permutés. Envoyez-la dans ses couleurs d’origine.',
  },
  reasonsOfOne: {
    'far-above-threshold':
      'Le score de la classe {suspicious} atteint un niveau au-dessous duquel restent 9 lésions bénignes sur 10.',
    'above-threshold':
      'Le score de la classe {suspicious} atteint le seuil du point de fonctionnement.',
    'below-threshold':
      'Le score de la classe {suspicious} reste au-dessous du seuil du point de fonctionnement. Cela n’exclut pas une maladie.',
    'raised-by-patient':
      'Ce que l’on sait de la personne élève le score de la classe {suspicious} à un niveau plus urgent. Cela ne l’abaisse jamais.',
  },
  limits:
    'Entraîné uniquement avec les images de {dataset}. Les images d’une autre sorte sont hors de ce avec quoi il a été entraîné : un score pour une telle image ne signifie rien, qu’il soit élevé ou bas.',
  disclaimer:
    'Pour la recherche et l’enseignement uniquement. Ce n’est pas un dispositif médical : ne diagnostiquez pas, ne traitez pas et ne retardez pas de soins à partir de cette réponse. Si une lésion vous inquiète, consultez un médecin.',
  translation: 'Cette traduction n’a pas été relue par un clinicien. Le texte anglais fait foi.',
  page: pageFr,
};
