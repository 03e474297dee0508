// What a process occupies, in MiB. Peaks can be forgotten on Linux; elsewhere a peak is that of the whole process.

import { readFileSync, writeFileSync } from 'node:fs';

/** Resident memory now, or its peak since `forgetPeak`. */
export function mebibytes(which: 'rss' | 'peak'): number {
  if (which === 'rss') return process.memoryUsage.rss() / 2 ** 20;
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

export function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {} // not Linux: the peak of the whole process stays
}
