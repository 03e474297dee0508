// Ctrl-C and its relatives: the first asks the work to save itself and stop, or to end what takes a moment, the second stops at once.
// Not here: saving (run.ts does it when its signal aborts).

import { writeMessage } from './output.ts';

const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

type Name = keyof typeof STATUS;

let caught: Name | null = null;

/** Which signal stopped the program, and the exit status it stands for. */
export function interruption(): { readonly name: string; readonly status: number } {
  const name = caught ?? 'SIGINT';
  return { name, status: STATUS[name] };
}

/** A signal that aborts at the first SIGINT, SIGTERM or SIGHUP; the second ends the process at once. */
export function abortOnSignal(quiet: boolean): AbortSignal {
  const controller = new AbortController();
  listen(() => {
    if (!quiet) writeMessage('\nforecast: stopping, saving a checkpoint (once more to stop at once)');
    controller.abort();
  });
  return controller.signal;
}

/** For commands that write in a moment: the first signal lets them end, so that nothing half-written stays; the second does not. */
export function endInSpite(): void {
  listen(() => undefined);
}

function listen(hear: () => void): void {
  for (const name of Object.keys(STATUS) as Name[]) {
    process.on(name, () => {
      if (caught !== null) process.exit(STATUS[name]);
      caught = name;
      hear();
    });
  }
}
