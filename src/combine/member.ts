// What may be a member of a combination, as the config writes it, and how it is called when it is told of.
// In: the tables of forecasters and models. Out: zod schemas, names. Not here: making one (the runner's factory).

import * as z from 'zod';
import type { Kind } from '../core/kind.ts';
import { FORECASTERS } from '../forecasters/index.ts';
import { MODELS } from '../models/index.ts';
import type { Member } from './combination.ts';
import { poolOf } from './pool.ts';

/** Kinds of the two tables that forecast numbers. */
const SINGLE: { readonly [kind: string]: Kind } = Object.fromEntries(
  Object.entries({ ...FORECASTERS, ...MODELS } as { readonly [kind: string]: Kind & { readonly form: string } }).filter(
    ([, { form }]) => form !== 'text',
  ),
);

/** A choice of one of the kinds, or the bare name of one. `id`: what the JSON schema calls it, so that it stands there once. */
function memberOf(id: string, table: { readonly [kind: string]: Kind }): z.ZodType<Member> {
  const branches = Object.values(table).map(({ kind, summary, options }) =>
    z
      .strictObject({ kind: z.literal(kind).describe(summary), ...options.shape })
      .meta({ title: kind, description: summary }),
  );
  return z
    .union([
      z.enum(Object.keys(table) as [string, ...string[]]).describe('The kind alone.'),
      z.discriminatedUnion('kind', branches as unknown as [z.ZodObject, ...z.ZodObject[]]),
    ])
    .meta({
      id,
      description: 'A forecaster: its kind and options, or the kind alone.',
    }) as unknown as z.ZodType<Member>;
}

/** A forecaster or a network. */
export const single: z.ZodType<Member> = memberOf('forecaster', SINGLE);

/** The schema of members beside which combinations of one member (`more`) may stand. */
export function memberWith(more: { readonly [kind: string]: Kind }): z.ZodType<Member> {
  return memberOf('member', { ...SINGLE, ...more });
}

/** A member with all its options: what is not written takes its default. */
export function spelled(member: Member, more: { readonly [kind: string]: Kind } = {}): Exclude<Member, string> {
  const { kind, ...options } = typeof member === 'string' ? { kind: member } : member;
  const entry = more[kind] ?? SINGLE[kind];
  return { kind, ...(entry ? (entry.options.parse(options) as object) : options) };
}

/** Whether a member is, or holds, a network. */
export function hasNetwork(choice: { readonly [option: string]: unknown }): boolean {
  if (typeof choice.kind === 'string' && Object.hasOwn(MODELS, choice.kind)) return true;
  const inner = [choice.model, ...(Array.isArray(choice.members) ? choice.members : [])];
  return inner.some((member) => {
    if (typeof member === 'string') return Object.hasOwn(MODELS, member);
    return typeof member === 'object' && member !== null && hasNetwork(member as { [option: string]: unknown });
  });
}

/** Whether a forecaster reads columns known in advance; of a combination that chooses its members itself, whether one of its pool does. */
export function readsAhead(choice: Member): boolean {
  const { kind, model, members } = typeof choice === 'string' ? ({ kind: choice } as Exclude<Member, string>) : choice;
  if (Object.hasOwn(MODELS, kind)) return true;
  const entry = SINGLE[kind] as { readonly ahead?: boolean } | undefined;
  if (entry?.ahead) return true;
  const pool = kind === 'auto' ? [...poolOf({ season: 1 }), ...poolOf({ season: 2 })] : [];
  const inner = [model, ...(Array.isArray(members) ? members : pool)] as readonly (Member | undefined)[];
  return inner.some((one) => one !== undefined && readsAhead(one));
}

const MOST_WORDS = 3;

/** A member's name: "holt-winters multiplicative damped", "log theta", "airline log false". */
export function labelOf(member: Member): string {
  if (typeof member === 'string') return member;
  const { kind, ...options } = member;
  if (kind === 'log-scale') return `log ${labelOf(options.model as Member)}`;
  if (kind === 'seeds') return `${options.count ?? 5} × ${labelOf(options.model as Member)}`;
  const entry = SINGLE[kind];
  const preset = entry?.options.safeParse({}).data as { readonly [option: string]: unknown } | undefined;
  const words = Object.entries(options)
    .filter(([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(preset?.[name]))
    .map(([name, value]) =>
      value === true ? name : typeof value === 'string' ? value : `${name} ${JSON.stringify(value)}`,
    );
  return [kind, ...words.slice(0, MOST_WORDS), ...(words.length > MOST_WORDS ? ['…'] : [])].join(' ');
}
