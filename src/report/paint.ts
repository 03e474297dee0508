// What the pieces of the terminal's pages are, for whoever paints them, and how wide a page is. Not here: colours (cli/).

/** Paints a piece of text by what it is; the identity where there is no colour. */
export type Style = (what: StyledPart, text: string) => string;
export type StyledPart =
  | 'title'
  | 'heading'
  | 'dim'
  | 'winner'
  | 'history'
  | 'forecast'
  | 'prompt'
  | 'verdict'
  | 'warning';

/** Columns of a page that is kept, and of most terminals. */
export const WIDTH = 80;

/** No colour. */
export const plain: Style = (_, text) => text;
