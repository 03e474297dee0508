// npm run boards -- GROUP: the accuracy of every forecaster in the box on public series, beside what others reach.
// In: groups of boards. Out: a table or JSON on stdout, progress on stderr, ACCURACY.md, a line in looks.jsonl for each look.

import { cpus } from 'node:os';
import { commit } from './about.ts';
import { type About, autoLine, keep, kept } from './boards/accuracy.ts';
import type { Row } from './boards/board.ts';
import { type Ended, judgeAll, strangers } from './boards/crew.ts';
import { checkPresent } from './boards/data.ts';
import { boardsOf, GROUPS } from './boards/groups.ts';
import { appendLooks } from './boards/looks.ts';
import { peersOf } from './boards/peers.ts';
import { table } from './boards/table.ts';
import { parseArguments, USAGE } from './boards/usage.ts';

await main();

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(USAGE);
    return;
  }
  const asked = parseArguments(process.argv.slice(2), Object.keys(GROUPS));
  if ('wrong' in asked) {
    console.error(`${asked.wrong}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  try {
    checkPresent();
  } catch (error) {
    const { message, where, hint } = error as Error & { where?: string; hint?: string };
    console.error(`boards: ${message} (${where}). Hint: ${hint}`);
    process.exitCode = 3;
    return;
  }
  const started = performance.now();
  const boards = (await Promise.all(asked.groups.map(boardsOf))).flat();
  const unknown = strangers(boards, asked.only);
  if (unknown.length > 0) {
    console.error(`boards: no forecaster here is called ${unknown.map((name) => `"${name}"`).join(', ')}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const ended = await judgeAll(boards, {
    hands: asked.hands,
    look: asked.look,
    only: asked.only,
    full: asked.full,
    say: (doing, done, all) => progress(`${done}/${all} ${doing}`),
  });
  progress('');
  const about = aboutNow((performance.now() - started) / 1000);
  const whole = ended.map((one) => ({ ...one, rows: [...one.rows, ...peersOf(one.board.name)] }));
  if (asked.look) look(ended, about, asked.why);
  print(whole, asked.json);
  const done = whole.map(({ board, rows }) => kept(board, rows, about));
  const line = autoLine(done);
  if (!asked.json && line !== null) console.log(`auto ÷ best single forecaster. ${line}`);
  if (asked.only !== null) return; // a part of the box says nothing about the box
  const left = keep(done, asked.look);
  if (left.length > 0)
    console.error(`ACCURACY.md keeps the test figures it has of ${left.join(', ')}: this run did not look`);
}

function look(ended: readonly Ended[], { date, commit }: About, why: string): void {
  appendLooks(
    ended.map(({ board, rows }) => ({
      date,
      commit,
      board: board.name,
      forecasters: rows.filter(({ test }) => test !== null).map(({ forecaster }) => forecaster),
      why,
    })),
  );
}

function print(ended: readonly { board: Ended['board']; rows: readonly Row[] }[], json: boolean): void {
  if (!json) for (const { board, rows } of ended) console.log(table(board, rows));
  else {
    const told = ended.map(({ board, rows }) => ({ board: board.name, rows }));
    console.log(JSON.stringify(told.length === 1 ? told[0] : told));
  }
}

function aboutNow(seconds: number): About {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    seconds: Math.round(seconds * 10) / 10,
    machine: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: cpus().length,
    node: process.version,
  };
}

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${line.slice(0, 110)}`);
  else if (line.endsWith('done')) process.stderr.write(`${line}\n`);
}
