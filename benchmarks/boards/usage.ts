// What `npm run boards` was asked for. In: arguments. Out: groups and options, or what is wrong with them.

import { availableParallelism } from 'node:os';

export interface AskedFor {
  readonly groups: readonly string[];
  readonly json: boolean;
  readonly only: ReadonlySet<string> | null;
  readonly look: boolean;
  readonly why: string;
  /** Networks that take minutes are trained, too. */
  readonly full: boolean;
  /** What was measured at this commit is measured anew. */
  readonly again: boolean;
  readonly hands: number;
}

export const USAGE = `npm run boards -- <m4-weekly|m4-hourly|etth1|classics|panels|text|all> [options]
  --why "…"            what the look at the test parts is for; it is written to benchmarks/looks.jsonl
  --no-test            validation parts and rolling origins only: no look
  --forecasters a,b    these alone; their rows take the place of those the board has in ACCURACY.md
  --json               one JSON value on stdout
  --full               also what takes minutes: networks on panels, the text network
  --again              measure anew what was measured at this commit; a run that was stopped goes on without it
  --hands 2            processes side by side, default 2 or as many as there are cores`;

/** Errors are values: `wrong` says what to change. */
export function parseArguments(
  args: readonly string[],
  groups: readonly string[],
): AskedFor | { readonly wrong: string } {
  const options = new Map<string, string>();
  const named: string[] = [];
  const valued = ['--why', '--forecasters', '--hands'];
  for (let i = 0; i < args.length; i++) {
    const [name, written] = (args[i] as string).split(/=(.*)/s) as [string, string | undefined];
    if (!name.startsWith('--')) named.push(name);
    else if (valued.includes(name)) options.set(name, written ?? args[++i] ?? '');
    else if (['--json', '--no-test', '--full', '--again'].includes(name)) options.set(name, 'yes');
    else return { wrong: `boards: there is no option ${name}` };
  }
  const unknown = named.find((name) => name !== 'all' && !groups.includes(name));
  if (unknown !== undefined) return { wrong: `boards: there is no board called "${unknown}"` };
  if (named.length === 0) return { wrong: 'boards: which ones?' };
  const look = !options.has('--no-test');
  const why = (options.get('--why') ?? '').trim();
  if (look && why === '') return { wrong: 'boards: a look at test parts needs --why "…" (or --no-test)' };
  const only = options
    .get('--forecasters')
    ?.split(',')
    .map((name) => name.trim());
  const hands = Number(options.get('--hands') ?? Math.min(2, availableParallelism()));
  if (!Number.isInteger(hands) || hands < 0) return { wrong: 'boards: --hands is a count of processes' };
  return {
    groups: named.includes('all') ? groups : [...new Set(named)],
    json: options.has('--json'),
    only: only ? new Set(only) : null,
    look,
    why,
    full: options.has('--full'),
    again: options.has('--again'),
    hands,
  };
}
