// Whether this machine can do the work: versions, engines and what repairs them, whether runs can be written.
// In: nothing. Out: a list of findings. Not here: repairs.

import { accessSync, constants } from 'node:fs';
import { arch, availableParallelism, cpus, platform } from 'node:os';
import { ENGINES } from '../engines/index.ts';
import { PROBE, probe } from './probe.ts';

export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  /** The command that repairs it. */
  readonly repair?: string;
}

export interface Diagnosis {
  readonly ok: boolean;
  readonly text: string;
  readonly json: { readonly findings: readonly Finding[] };
}

/** Looks at the machine and every engine; nothing is written. */
export async function doctor(): Promise<Diagnosis> {
  const needed = [node(), machine(), writable()];
  const engines: Finding[] = [];
  for (const engine of Object.values(ENGINES)) engines.push(await engineFinding(engine)); // one by one: they are timed
  const findings = [...needed, ...engines];
  const text = [...needed.map((finding) => line(finding, 'FAIL')), ...engines.map((finding) => line(finding, 'off '))];
  // One engine is enough; one that does not load is listed with its repair.
  const ok = needed.every((finding) => finding.ok) && engines.some((finding) => finding.ok);
  return { ok, text: `${text.join('\n')}\n`, json: { findings } };
}

function line({ ok, what, detail, repair }: Finding, otherwise: string): string {
  return `${ok ? 'ok  ' : otherwise} ${what.padEnd(18)} ${detail}${repair ? ` – repair: ${repair}` : ''}`;
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { what: 'node', ok, detail: process.versions.node, ...(ok ? {} : { repair: 'install Node 20.19 or newer' }) };
}

function machine(): Finding {
  const gigabytes = (process.availableMemory() / 1_073_741_824).toFixed(1);
  const all = cpus().length;
  const may = availableParallelism(); // fewer where the process is held to some
  return {
    what: 'machine',
    ok: true,
    detail: `${platform()} ${arch()}, ${may < all ? `${may} of ${all}` : all} cores, ${gigabytes} GiB free`,
  };
}

function writable(): Finding {
  try {
    accessSync('.', constants.W_OK);
    return { what: 'runs', ok: true, detail: 'the current folder can be written to' };
  } catch {
    return {
      what: 'runs',
      ok: false,
      detail: 'the current folder cannot be written to',
      repair: 'work in another folder, or name one with --out',
    };
  }
}

async function engineFinding(engine: (typeof ENGINES)[string]): Promise<Finding> {
  const found = await engine.available();
  const what = `engine ${engine.kind}`;
  if (!found.ok) return { what, ok: false, detail: found.why, repair: found.repair };
  const milliseconds = await probe(engine);
  return {
    what,
    ok: true,
    detail: `${found.detail}; ${Number(milliseconds.toPrecision(2))} ms a training step (${PROBE})`,
  };
}
