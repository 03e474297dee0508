// What work costs, whatever else the machine does meanwhile.

/** Counts from now on; what it gives tells the seconds of processor time since: a busy machine makes work wait, not longer. */
export function effort(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}
