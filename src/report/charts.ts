// Which charts a run has: forecast with its fan, error by step, folds, residuals, losses.
// In: a Result and a ReportInput. Out: Plots. Not here: drawing (svg.ts), the page around them (run-page.ts).

import { decidingRows } from '../evaluate/score.ts';
import { count, counted, figure, visible } from './figures.ts';
import { levelsOf } from './levels.ts';
import type { LossCurve, Panel, ReportInput } from './picture.ts';
import type { ForecastRow, Result } from './result.ts';
import { countAxis, lossAxis, type Moment, roundTicks, rowAxis, valueAxis } from './scale.ts';
import type { Mark, Plot, Point, Tone } from './svg.ts';
import { bestFirst } from './terminal.ts';
import { thinnedRows } from './thin.ts';
import { metricLabel } from './verdict.ts';

/** Forecasters and curves drawn together at most. */
const TOGETHER = 6;

/** Charts of the run folder, by file name. */
export function chartFiles(result: Result, input: ReportInput): Map<string, Plot> {
  const [panel] = input.panels;
  const plots: readonly (readonly [string, Plot | null])[] = [
    ['forecast', panel ? forecastPlot('forecast', panel, result) : null],
    ['steps', stepsPlot(result, panel)],
    ['folds', foldsPlot(result)],
    ['residuals', panel ? residualsPlot('residuals', panel, result.data.series > 1) : null],
    ['loss', lossPlot(input.losses)],
  ];
  return new Map(plots.flatMap(([name, plot]) => (plot ? [[`charts/${name}.svg`, plot] as const] : [])));
}

/** What a panel is called. */
function panelName({ series, target }: Panel, several: boolean): string {
  return several ? `${series} ${target}` : target;
}

/** The newest stretch, forecasts of held-out rows, and the forecast with its intervals. */
export function forecastPlot(id: string, panel: Panel, { forecast, data }: Result, small = false): Plot {
  const { from, values, stamps, forecastFrom, length } = panel;
  const rows = forecast.filter((row) => row.series === panel.series && row.target === panel.target);
  const last: Point = [length - 1, values.at(-1) ?? Number.NaN];
  const joins = forecastFrom === length;
  const points = rows.map((row): Point => [forecastFrom + row.step - 1, row.value]);
  const bands = levelsOf(rows)
    .reverse()
    .map((level, i): Mark => {
      const own = rows.flatMap((row) => {
        const [low, high] = [row.lower?.[level], row.upper?.[level]];
        return low === undefined || high === undefined ? [] : [[forecastFrom + row.step - 1, low, high] as const];
      });
      const start = joins && Number.isFinite(last[1]) ? [[last[0], last[1], last[1]] as const] : [];
      return {
        kind: 'band',
        tone: i === 0 ? 'fan-wide' : 'fan',
        name: `${level} % interval`,
        points: [...start, ...own],
      };
    });
  const held = heldLine(panel);
  const { width, height } = small ? { width: 460, height: 220 } : { width: 920, height: 320 };
  const history = values.map((value, i): Point => [from + i, value]);
  const marks: Mark[] = [
    ...heldRegion(panel, from),
    ...bands,
    { kind: 'line', tone: 'history', name: visible(panel.target, 40), points: history },
    ...(held.length > 0
      ? [{ kind: 'line', tone: 'past', name: 'forecasts of held-out rows', points: held } as const]
      : []),
    {
      kind: 'line',
      tone: 'forecast',
      name: 'forecast',
      points: joins ? [last, ...points] : points,
      dots: rows.length <= 24,
    },
    { kind: 'rule', axis: 'x', at: length - 0.5 },
  ];
  const end = Math.max(length - 1, forecastFrom + rows.length - 1);
  const moments = stamps?.map((stamp, i): Moment => [from + i, stamp]) ?? null;
  const name = panelName(panel, data.series > 1);
  return {
    id,
    title: `Forecast of ${visible(name, 60)}`,
    description: described(panel, rows),
    x: rowAxis(from, end, moments),
    y: valueAxis('', spanOf(marks)),
    marks,
    width,
    height,
  };
}

/** The rows that scores are of, from `least` on, in all charts of a panel alike. */
function heldRegion({ paths, length }: Panel, least: number): Mark[] {
  const held = paths.find(({ split }) => split !== 'backtest');
  if (!held) return [];
  const from = Math.max(least, held.start - 0.5);
  return [{ kind: 'region', tone: 'held', name: `held out (${held.split})`, from, until: length - 0.5 }];
}

function described(panel: Panel, rows: readonly ForecastRow[]): string {
  const [first, last] = [rows[0], rows.at(-1)];
  const known =
    panel.values.length === panel.length
      ? `All ${counted(panel.length, 'row')}`
      : `The last ${counted(panel.values.length, 'row')} of ${count(panel.length)}`;
  if (!first || !last) return `${known}.`;
  const start = `${known}, then ${counted(rows.length, 'step')} of forecast: ${figure(first.value)} at ${visible(first.time, 30)}`;
  if (first === last) return `${start}.`;
  return `${start}, ${figure(last.value)} at ${visible(last.time, 30)}.`;
}

/** Widest first, so that the narrow ones lie on top. */
/** Forecasts of held-out rows in the stretch; one after the other, and joined where each is of one step. */
function heldLine({ paths, from }: Panel): Point[] {
  const points: Point[] = [];
  for (const { start, values } of paths) {
    if (start < from) continue;
    const [row] = points.at(-1) ?? [];
    if (row !== undefined && (values.length > 1 || start > row + 1)) points.push([row, Number.NaN]);
    points.push(...values.map((value, i): Point => [start + i, value]));
  }
  return points;
}

/** All values a plot has to hold. */
function* spanOf(marks: readonly Mark[]): Generator<number> {
  for (const mark of marks) {
    if (mark.kind === 'line' || mark.kind === 'dots') for (const [, y] of mark.points) yield y;
    if (mark.kind === 'band') for (const [, low, high] of mark.points) yield* [low, high];
    if (mark.kind === 'bars') for (const [, , y] of mark.bars) yield y;
  }
}

/** All rows, where the forecast's chart shows the newest alone. */
export function wholePlot(id: string, panel: Panel): Plot | null {
  const { whole, length, from } = panel;
  if (!whole) return null;
  const points = whole.rows.map((row, i): Point => [row, whole.values[i] as number]);
  const marks: Mark[] = [
    ...heldRegion(panel, 0),
    { kind: 'line', tone: 'history', name: `${visible(panel.target, 40)}, all rows`, points },
    { kind: 'rule', axis: 'x', at: from },
  ];
  const moments = whole.stamps?.map((stamp, i): Moment => [whole.rows[i] as number, stamp]) ?? null;
  return {
    id,
    title: `All of ${visible(panel.target, 60)}`,
    description: `${counted(length, 'row')}${whole.rows.length < length ? `, drawn by the lowest and highest of each stretch` : ''}; the dotted line marks where the chart above begins.`,
    x: rowAxis(0, length - 1, moments),
    y: valueAxis('', spanOf(marks)),
    marks,
    height: 180,
  };
}

/** The forecasters worth drawing beside each other: the model first, then the best; and their tones. */
function drawnForecasters(result: Result): Map<string, Tone> {
  const rows = decidingRows(result.scores);
  const metric = Object.keys(rows[0]?.metrics ?? {})[0] ?? '';
  const best = bestFirst(rows, metric).map((row) => row.forecaster);
  const names = [...new Set([result.fit.model, result.decision.ship, ...best])].slice(0, TOGETHER);
  return new Map(names.map((name, i) => [name, String(i) as Tone]));
}

/** How many of the forecasters are drawn, where not all are. */
function leftOut(drawn: number, of: number): string {
  return drawn < of ? ` Drawn: ${drawn} of ${of} forecasters.` : '';
}

/** The deciding metric by step; without a backtest the model's mean absolute error on held-out rows. */
export function stepsPlot(result: Result, panel: Panel | undefined): Plot | null {
  const { backtest } = result;
  if (!backtest) return panel ? ownSteps(panel, result.fit.model) : null;
  const tones = drawnForecasters(result);
  const marks = [...tones].flatMap(([name, tone]): Mark[] => {
    const values = backtest.steps.find(({ forecaster }) => forecaster === name)?.values;
    return values ? [stepLine(name, tone, values)] : [];
  });
  return stepPlot(
    `${metricLabel(backtest.metric)} by step`,
    metricLabel(backtest.metric),
    marks,
    leftOut(tones.size, backtest.steps.length),
  );
}

function ownSteps({ paths }: Panel, model: string): Plot | null {
  const horizon = paths[0]?.values.length ?? 0;
  if (paths.length < 2) return null;
  const values = Array.from({ length: horizon }, (_, h) => {
    const errors = paths.map(({ values: said, actual }) => Math.abs((actual[h] as number) - (said[h] as number)));
    return errors.reduce((sum, error) => sum + error / errors.length, 0);
  });
  return stepPlot('Mean absolute error by step', 'MAE', [stepLine(model, '0', values)]);
}

function stepLine(name: string, tone: Tone, values: readonly (number | null)[]): Mark {
  const points = values.map((value, h): Point => [h + 1, value ?? Number.NaN]);
  return { kind: 'line', tone, name: visible(name, 28), points, dots: values.length <= 24 };
}

function stepPlot(title: string, label: string, marks: readonly Mark[], left = ''): Plot | null {
  const longest = Math.max(0, ...marks.map((mark) => (mark.kind === 'line' ? mark.points.length : 0)));
  if (longest < 2) return null;
  return {
    id: 'steps',
    title,
    description: `The error 1 to ${count(longest)} steps ahead; smaller is better.${left}`,
    x: countAxis('steps ahead', 1, longest),
    y: valueAxis(label, spanOf(marks), true),
    marks,
    height: 240,
  };
}

/** Score by fold of the forecasters worth drawing. */
export function foldsPlot(result: Result): Plot | null {
  const { backtest } = result;
  if (!backtest || backtest.folds.length < 2) return null;
  const tones = drawnForecasters(result);
  const marks = [...tones].map(([name, tone]): Mark => {
    const points = backtest.folds.map(({ fold, scores }): Point => [fold, scores[name] ?? Number.NaN]);
    return { kind: 'line', tone, name: visible(name, 28), points, dots: true };
  });
  const last = backtest.folds.length;
  const axis = countAxis('known until', 1, last);
  const ticks = backtest.folds.map(({ fold, until }) => ({ at: fold, text: visible(until, 24) }));
  return {
    id: 'folds',
    title: `${metricLabel(backtest.metric)} by fold`,
    description: `Every forecaster fitted anew ${counted(last, 'time')}; smaller is better.${leftOut(tones.size, Object.keys(backtest.folds[0]?.scores ?? {}).length)}`,
    x: { ...axis, low: 0.7, high: last + 0.3, ticks },
    y: valueAxis(metricLabel(backtest.metric), spanOf(marks), true),
    marks,
    height: 240,
  };
}

/** Share of errors inside the model's intervals, by step. */
export function coveragePlot(result: Result): Plot | null {
  const own = result.backtest?.intervals.find(({ forecaster }) => forecaster === result.fit.model);
  const known = (own?.levels ?? []).flatMap(({ level, coverageByStep }) =>
    coverageByStep && coverageByStep.length > 1 ? [{ level, shares: coverageByStep }] : [],
  );
  if (known.length === 0) return null;
  const marks = known.flatMap(({ level, shares }, i): Mark[] => [
    { kind: 'rule', axis: 'y', at: level },
    {
      kind: 'line',
      tone: String(i) as Tone,
      name: `${level} % interval`,
      points: shares.flatMap((share, h): Point[] => (share === null ? [] : [[h + 1, share * 100]])),
      dots: shares.length <= 24,
    },
  ]);
  const least = known.flatMap(({ shares }) => shares).reduce<number>((a, b) => Math.min(a, b ?? a), 1) * 100;
  const low = Math.max(0, Math.floor(least / 10) * 10 - 5);
  return {
    id: 'coverage',
    title: 'Share of values inside the intervals, by step',
    description: 'Each fold judged by the errors known before it; the dotted lines are what was promised.',
    x: countAxis('steps ahead', 1, known[0]?.shares.length ?? 1),
    y: { label: 'held, %', low, high: 102, ticks: roundTicks(low, 101, 4) },
    marks,
    height: 240,
  };
}

interface Residuals {
  readonly rows: readonly number[];
  readonly errors: readonly number[];
}

/** Actual minus forecast on held-out rows, in time order. */
function residualsOf({ paths }: Panel): Residuals {
  const known = paths.flatMap(({ start, values, actual }) =>
    values.map((value, i) => ({ row: start + i, error: (actual[i] as number) - value })),
  );
  const finite = known.filter(({ error }) => Number.isFinite(error));
  return { rows: finite.map(({ row }) => row), errors: finite.map(({ error }) => error) };
}

/** Residuals over time. */
export function residualsPlot(id: string, panel: Panel, several: boolean): Plot | null {
  const { rows, errors } = residualsOf(panel);
  if (errors.length < 3) return null;
  const points = errors.map((error, i): Point => [rows[i] as number, error]);
  const [first, last] = [rows[0] as number, rows.at(-1) as number];
  return {
    id,
    title: 'Residuals over time',
    description: `Actual minus forecast, ${counted(errors.length, 'held-out value')} of ${visible(panelName(panel, several), 60)}; below 0 the forecast was too high.`,
    x: rowAxis(first, last, momentsOf(panel, first, last)),
    y: valueAxis('actual − forecast', errors, true),
    marks: [
      { kind: 'rule', axis: 'y', at: 0 },
      { kind: 'dots', tone: '0', points },
    ],
    width: 460,
    height: 240,
  };
}

/** Times of rows [first, last], of some of them where the stretch does not reach back so far; null where rows are only counted. */
function momentsOf({ stamps, from, whole }: Panel, first: number, last: number): Moment[] | null {
  if (first >= from || !whole?.stamps)
    return stamps?.slice(first - from, last - from + 1).map((stamp, i): Moment => [first + i, stamp]) ?? null;
  const all = whole.rows.map((row, i): Moment => [row, whole.stamps?.[i] as number]);
  return all.filter(([row]) => row >= first && row <= last);
}

/** How often residuals of each size are. */
export function histogramPlot(id: string, panel: Panel, several: boolean): Plot | null {
  const { errors } = residualsOf(panel);
  if (errors.length < 8) return null;
  const low = errors.reduce((a, b) => Math.min(a, b));
  const high = errors.reduce((a, b) => Math.max(a, b));
  const wanted = Math.min(24, Math.max(5, Math.ceil(Math.sqrt(errors.length))));
  const edges = roundTicks(low, high, wanted).map(({ at }) => at);
  const step = (edges[1] ?? high) - (edges[0] ?? low);
  if (edges.length < 2 || !(step > 0) || !(high > low)) return null;
  const start =
    Math.min(edges[0] as number, low) < (edges[0] as number) ? (edges[0] as number) - step : (edges[0] as number);
  const bins = new Array<number>(Math.floor((high - start) / step) + 1).fill(0);
  for (const error of errors) bins[Math.min(bins.length - 1, Math.floor((error - start) / step))]! += 1;
  const bars = bins.map((n, i) => [start + i * step, start + (i + 1) * step, n] as const);
  const end = start + bins.length * step;
  return {
    id,
    title: 'Residuals by size',
    description: `Counts of ${counted(errors.length, 'residual')}${several ? ` of ${visible(panelName(panel, several), 60)}` : ''} from ${figure(low)} to ${figure(high)}.`,
    x: { label: 'actual − forecast', low: start, high: end, ticks: roundTicks(start, end, 5) },
    y: valueAxis('values', bins, true),
    marks: [
      { kind: 'bars', tone: '0', bars },
      { kind: 'rule', axis: 'x', at: 0 },
    ].filter((mark) => mark.kind !== 'rule' || (start <= 0 && end >= 0)) as Mark[],
    width: 460,
    height: 240,
  };
}

/** Names of networks without what all of them begin with: "sales / lstm seed 7" and "sales / lstm seed 8" are "lstm seed 7" and 8. */
function ownParts(names: readonly string[]): readonly string[] {
  const [first = '', ...rest] = names;
  let same = rest.length === 0 ? 0 : first.length;
  for (const name of rest) while (!name.startsWith(first.slice(0, same))) same--;
  const cut = first.lastIndexOf(' / ', same - 3);
  return cut < 0 || same < 3 ? names : names.map((name) => name.slice(cut + 3));
}

/** Training and validation loss by epoch. */
export function lossPlot(curves: readonly LossCurve[]): Plot | null {
  const known = curves.filter(({ records }) => records.length > 1).slice(0, TOGETHER / 2);
  if (known.length === 0) return null;
  const several = curves.length > 1;
  const names = ownParts(known.map(({ series }) => series)).map((part) => visible(part, 24));
  const marks = known.flatMap(({ records }, i): Mark[] => {
    const name = several ? `${names[i]}, ` : '';
    const line = (values: readonly (number | null)[], tone: Tone, word: string): Mark => {
      const losses = values.map((value) => value ?? Number.NaN);
      const points = thinnedRows(losses, 0, losses.length).map(
        (row): Point => [records[row]?.epoch as number, losses[row] as number],
      );
      return { kind: 'line', tone, name: `${name}${word}`, points };
    };
    const validation = records.map(({ validationLoss }) => validationLoss);
    return [
      line(
        records.map(({ loss }) => loss),
        String(2 * i) as Tone,
        'training',
      ),
      ...(validation.some((loss) => loss !== null) ? [line(validation, String(2 * i + 1) as Tone, 'validation')] : []),
    ];
  });
  const epochs = known.flatMap(({ records }) => [records[0]?.epoch as number, records.at(-1)?.epoch as number]);
  return {
    id: 'loss',
    title: 'Loss by epoch',
    description: `${known.length < curves.length ? `The first ${known.length} of ${curves.length} networks. ` : ''}${known
      .map(
        ({ records }, i) =>
          // A word between: digits beside a name that is written from right to left would turn around with it.
          `${several ? `${names[i]}: loss ` : 'Training loss '}${figure(records[0]?.loss as number)} → ${figure(records.at(-1)?.loss as number)}`,
      )
      .join('; ')}`,
    x: countAxis('epoch', Math.min(...epochs), Math.max(...epochs)),
    y: lossAxis('loss', [...spanOf(marks)]),
    marks,
    height: 240,
  };
}
