import { parse, resetSVGDefIds, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** What every picture of a report looks like; dark text on white, for light and dark pages alike. */
const THEME: TopLevelSpec['config'] = {
  background: 'white',
  font: 'Helvetica, Arial, sans-serif',
  padding: 16,
  title: { anchor: 'start', fontSize: 15, subtitleFontSize: 12, subtitleColor: '#555', offset: 12 },
  axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', gridColor: '#e8e8e8' },
  legend: {
    labelFontSize: 12,
    labelLimit: 400,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titleLimit: 400,
    symbolStrokeWidth: 3,
  },
  header: { labelFontSize: 12, titleFontSize: 12 },
  view: { stroke: null },
};

/** A Vega-Lite chart as an SVG document; the same chart gives the same text. */
export async function renderSvg(chart: TopLevelSpec): Promise<string> {
  const { spec } = compile({ ...chart, config: { ...THEME, ...chart.config } });
  const view = new View(parse(spec), { renderer: 'none' });
  try {
    await view.runAsync();
    // Vega numbers its gradients and clips over all pictures of a process.
    resetSVGDefIds();
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
