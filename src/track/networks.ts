// The networks inside what was fitted: what they came to, and what a run keeps of them.
// In: fitted forecasters. Out: plain facts, models by name. Not here: fitting (fitting.ts), files (artifact/).

import type { SeriesModel } from '../artifact/model.ts';
import { type CombinationReport, type FittedCombination, reportOf } from '../combine/combination.ts';
import type { FittedNumbers } from '../core/forecaster.ts';
import type { NetworkFit } from '../predict/network.ts';
import type { FittedNumberNetwork } from '../predict/number-network.ts';
import type { Fit } from '../report/result.ts';
import { fitOf } from './outcome.ts';

function isNetwork(fitted: FittedNumbers | FittedNumberNetwork): fitted is FittedNumberNetwork {
  return 'fit' in fitted;
}

/** What a fit came to, and the one on all rows; of a combination its networks together, and what it did with its members. */
export function toldFit(
  kind: string,
  id: string,
  fitted: FittedNumbers | null,
  refitted: FittedNumbers | null,
  errors: readonly (number | null)[] | null,
): Fit & { readonly series: string } {
  const networks = fitted ? networksOf(fitted).map((fit) => fitOf(kind, id, fit)) : [];
  const last = refitted ?? fitted;
  const combination = last && judgedApart(reportOf(last), errors);
  const [again] = refitted ? networksOf(refitted) : [];
  // A combination keeps no weights: whoever brings it back trains for as many epochs.
  const epochs = combination && again ? { epochs: again.state.history.length } : {};
  return {
    ...(networks.length > 0 ? together(networks) : fitOf(kind, id, null)),
    ...(again ? { refit: { samples: again.samples, ...epochs } } : {}),
    ...(combination ? { combination } : {}),
  };
}

/** An ensemble's members with their errors in the backtest; combinations that judge their members themselves have them already. */
function judgedApart(
  report: CombinationReport | null,
  errors: readonly (number | null)[] | null,
): CombinationReport | null {
  if (!report || errors?.length !== report.members.length) return report;
  return { ...report, members: report.members.map((member, i) => ({ ...member, error: errors[i] as number | null })) };
}

export function networksOf(fitted: FittedNumbers): NetworkFit[] {
  if (isNetwork(fitted)) return fitted.fit ? [fitted.fit] : [];
  if (fitted.inside) return networksOf(fitted.inside);
  return reportOf(fitted) ? (fitted as FittedCombination).members.flatMap(networksOf) : [];
}

function together(fits: readonly (Fit & { readonly series: string })[]): Fit & { readonly series: string } {
  const first = fits[0] as Fit & { readonly series: string };
  const mean = (pick: (fit: Fit) => number | null): number | null => {
    const values = fits.map(pick);
    return values.includes(null) ? null : (values as number[]).reduce((sum, value) => sum + value / fits.length, 0);
  };
  return {
    ...first,
    parameters: fits.reduce((sum, { parameters }) => sum + parameters, 0),
    epochs: fits.reduce((most, { epochs }) => Math.max(most, epochs), 0),
    loss: mean(({ loss }) => loss),
    validationLoss: mean(({ validationLoss }) => validationLoss),
    accuracy: mean(({ accuracy }) => accuracy),
    stoppedEarly: fits.some(({ stoppedEarly }) => stoppedEarly),
  };
}

/** The networks of a series as a run keeps them: what forecasts, and where training goes on. */
export function modelsOf(
  id: string,
  fitted: FittedNumbers | null,
  refitted: FittedNumbers | null,
): [string, SeriesModel][] {
  const before = new Map(fitted ? namedNetworks(id, fitted) : []);
  const now = refitted ? namedNetworks(id, refitted) : [];
  const kept = now.length > 0 ? now : [...before];
  return kept.map(([name, { made, parts, state }]) => {
    // What forecasts knows all rows; training goes on from what never saw the held-out ones.
    const first = now.length > 0 ? before.get(name) : undefined;
    const training = first ? { ...first.state, weights: first.parts.weights } : state;
    const own = { series: id, parts, encoder: parts.encoder, training };
    return [name, fitted && isNetwork(fitted) ? own : { ...own, made }];
  });
}

/** Every network in what was fitted, by the series and its members' names. */
function namedNetworks(name: string, fitted: FittedNumbers): [string, NetworkFit][] {
  if (isNetwork(fitted)) return fitted.fit ? [[name, fitted.fit]] : [];
  if (fitted.inside) return namedNetworks(name, fitted.inside);
  const report = reportOf(fitted);
  if (!report) return [];
  const labels = report.members.filter(({ weight }) => weight > 0).map(({ member }) => member);
  const networks = (fitted as FittedCombination).members.flatMap((member, i) =>
    namedNetworks(`${name} / ${labels[i]}`, member),
  );
  // Members may be called alike.
  return networks.map(([own, fit], i) => {
    const same = networks.slice(0, i).filter(([other]) => other === own).length;
    return [same > 0 ? `${own} (${same + 1})` : own, fit];
  });
}
