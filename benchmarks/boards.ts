// npm run boards -- GROUP: the accuracy of every forecaster in the box on public series, beside what others reach.
// In: groups of boards. Out: a table or JSON on stdout, progress on stderr, ACCURACY.md, a line in looks.jsonl for each look.

import { cpus } from 'node:os';
import { join } from 'node:path';
import { commit, ROOT } from './about.ts';
import { type About, autoLine, keep, kept } from './boards/accuracy.ts';
import type { Board, Row } from './boards/board.ts';
import { type Crew, type Ended, judgeAll, missing, strangers } from './boards/crew.ts';
import { checkPresent } from './boards/data.ts';
import { boardsOf, GROUPS } from './boards/groups.ts';
import { appendLooks } from './boards/looks.ts';
import { measuredIn } from './boards/measured.ts';
import { peersOf } from './boards/peers.ts';
import { table } from './boards/table.ts';
import { parseArguments, USAGE } from './boards/usage.ts';
import { writeReadme } from './readme.ts';

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
  const { hands, look, only, full } = asked;
  const at = commit(['src', 'benchmarks/boards', 'package-lock.json']);
  const measured = measuredIn(at.endsWith('changes') ? null : join(ROOT, 'runs', 'boards', `${at}.jsonl`));
  const seconds = (): number => (asked.again ? 0 : measured.seconds) + (performance.now() - started) / 1000;
  const crew: Crew = {
    hands,
    look,
    only,
    full,
    say: (doing, done, all) => progress(`${done}/${all} ${doing}`),
    known: (board, contestant) => (asked.again ? null : measured.row(board, contestant, look)),
    judged: (board, row) => measured.add({ board, look, seconds: seconds(), row }),
  };
  if (look) log(boards, crew, asked.why);
  const ended = await judgeAll(boards, crew);
  progress('');
  const about = aboutNow(seconds());
  const whole = ended.map((one) => ({ ...one, rows: [...one.rows, ...peersOf(one.board.name)] }));
  print(whole, asked.json);
  const done = whole.map(({ board, rows }) => kept(board, rows, about));
  const line = autoLine(done);
  if (!asked.json && line !== null) console.log(`auto ÷ best single forecaster. ${line}`);
  const left = keep(done, look, only !== null);
  writeReadme();
  if (left.length > 0)
    console.error(`ACCURACY.md keeps the test figures it has of ${left.join(', ')}: this run did not look`);
}

/** Before anything is looked at, so that a run that is stopped has looked, too. */
function log(boards: readonly Board[], crew: Crew, why: string): void {
  const { date, commit } = aboutNow(0);
  const looks = boards.map((board) => ({ date, commit, board: board.name, forecasters: missing(board, crew), why }));
  appendLooks(looks.filter(({ forecasters }) => forecasters.length > 0));
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
