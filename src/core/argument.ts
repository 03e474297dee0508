// An argument as it is typed, for commands that messages tell. In: an argument. Out: one word of a shell. Not here: what is told.

/**
 * One word for any POSIX shell, on one line (what moves a cursor as $'\n', which a few shells do not know). On Windows one for cmd and
 * PowerShell, which share but double quotes: in those a backslash stands for itself, except before a quote.
 */
export function asArgument(argument: string, platform: NodeJS.Platform = process.platform): string {
  if (platform !== 'win32') {
    if (/\p{Cc}/u.test(argument)) return `$'${argument.replace(/[\\'\p{Cc}]/gu, escaped)}'`;
    return /^[\w@%+=:,./…-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
  }
  if (/^[\w+=:./\\…-]+$/.test(argument)) return argument;
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, '$&$&')}"`;
}

/** A backslash, a quote or a control character as it is written between $' and '. */
function escaped(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`;
  return `\\${character.codePointAt(0)!.toString(8).padStart(3, '0')}`;
}
