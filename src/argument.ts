// An argument as it is typed, for commands that messages tell. In: an argument. Out: one word of a shell. Not here: what is told.

/**
 * One word for any POSIX shell. On Windows one for cmd and PowerShell, which share but double quotes: in those a backslash stands for itself,
 * except before a quote.
 */
export function asArgument(argument: string, platform: NodeJS.Platform = process.platform): string {
  if (platform !== 'win32') {
    return /^[\w@%+=:,./…-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
  }
  if (/^[\w+=:./\\…-]+$/.test(argument)) return argument;
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, '$&$&')}"`;
}
